//! W0606: earlier pixels that a site in an order never reads.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain W0606` prints.
pub const PAGE: super::Page = super::Page {
    code: "W0606",
    title: "earlier pixels are never read",
    text: "\
The density of a site that is drawn in an order is exact whatever its net reads, but what the net leaves out it cannot know.
A net leaves pixels out for two reasons. It may be too small: each convolution reaches (k - 1) / 2 pixels farther, and more
layers, a larger `k` or `attention(mask: B)` mend it. Or it has a blind spot: masked convolutions on top of each other never
see what lies above and to the right of a pixel, beyond a diagonal, however many there are (van den Oord et al. 2016b,
figure 1); `gated_pixelcnn` reads those pixels with a second stack. The picture shows what a pixel in the last row, `?`,
reads, `+`, and leaves out, `.`.
A net that is given a latent variable may be too small on purpose: what is far away is then left to the latent variable. No
warning is given for that.

Wrong:
    data x: Bool[1, 8, 8] from digits(binarize: 0.5)
    net f(x: Bool[1, 8, 8]) -> Real[1, 8, 8] { conv(16, k: 3, mask: A), relu, conv(16, k: 3, mask: B), relu, conv(1, k: 1) }
    model p { x[i in raster] ~ Bernoulli(logits: f(x[< i])) }
Right:
    data x: Bool[1, 8, 8] from digits(binarize: 0.5)
    net f(x: Bool[1, 8, 8]) -> Real[1, 8, 8] { gated_pixelcnn(16, layers: 7), relu, conv(1, k: 1) }
    model p { x[i in raster] ~ Bernoulli(logits: f(x[< i])) }
",
};

/// What one pixel reads of those before it.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// Its row and column.
    pub pixel: [usize; 2],
    /// How many pixels stand before it.
    pub earlier: usize,
    /// How many of them it does not read.
    pub unread: usize,
    /// How many of these lie no farther away than one on the same side that it reads.
    pub passed_over: usize,
}

/// A net leaves earlier pixels out. `worst` is the pixel that reads least, `middle` one in the middle of the last row, whose `picture` shows
/// what it reads.
pub fn left_out(site: &str, net: (&str, Span), worst: Seen, middle: Seen, picture: &str) -> Diag {
    let (net, span) = net;
    let [row, column] = worst.pixel;
    let blind = middle.passed_over;
    let beyond = middle.unread > blind;
    let help = match (blind > 0, beyond) {
        (true, false) => BLIND.to_string(),
        (true, true) => format!("{BLIND}; what is farther away takes more layers or a larger `k`"),
        (false, _) => {
            "the net is too small for the image: give it more layers, a larger `k`, or `attention(mask: B)`, which reads all"
                .to_string()
        }
    };
    let message = format!(
        "{net} never reads {} of the {} pixels of `{site}` before row {row}, column {column}",
        worst.unread, worst.earlier
    );
    let label = match blind {
        0 => "does not reach them".to_string(),
        1 => "passes over 1 pixel that is near".to_string(),
        n => format!("passes over {n} pixels that are near"),
    };
    Diag::new("W0606", message, span, label)
        .note(format!("the pixel `?` reads `+` and leaves out `.`:\n{picture}"))
        .help(help)
}

const BLIND: &str = "masked convolutions on top of each other never see the pixels above and to the right, however many layers there \
                     are: `gated_pixelcnn(16, layers: 7)` reads them with a second stack";
