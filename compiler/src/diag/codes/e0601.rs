//! E0601: a net that reads what it predicts.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0601` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0601",
    title: "a net reads the value that it predicts",
    text: "\
`x[i in raster] ~ D(f(x[< i]))` draws the elements of `x` one after the other, each from the earlier ones. The net sees the
whole of `x` at once, so its layers must see to it that what it says about element i depends on earlier elements only: one
layer with `mask: A` (earlier elements), all others with `mask: B` (also its own) or with layers that change each element
alone. A single layer that reads everything, such as `dense(64)` without a mask, would let the net copy the answer: the
density would not be one, and nothing could be drawn from it.

Values that do not come from `x`, such as a class or a latent variable, may be read anywhere.

Wrong:
    data x: Bool[64] from digits(binarize: 0.5)
    net f(x: Bool[64]) -> Real[64] { dense(128), relu, dense(64, mask: A) }
    model p { x[i in forward] ~ Bernoulli(logits: f(x[< i])) }
Right:
    data x: Bool[64] from digits(binarize: 0.5)
    net f(x: Bool[64]) -> Real[64] { dense(128, mask: A), relu, dense(64, mask: B) }
    model p { x[i in forward] ~ Bernoulli(logits: f(x[< i])) }
",
};

/// A layer of a net, as a message tells it.
#[derive(Clone, Copy)]
pub struct Told<'a> {
    /// As it is written.
    pub text: &'a str,
    /// Where.
    pub span: Span,
    /// Whether it takes a mask.
    pub masks: bool,
}

/// What is said of each way to read too much.
pub enum Reads<'a> {
    /// A layer reads later elements, too.
    Later(Told<'a>),
    /// No layer keeps an element from reading itself; the first layer that reads others, if there is one.
    Itself(Option<Told<'a>>),
    /// The whole variable enters through something that knows no order: in which way, and what to do instead.
    Whole(&'a str, &'a str),
    /// Within a pixel, channels read each other.
    Channels(usize),
}

/// The parameters of site `x` read, at `at`, more of it than what is earlier; `what` is the net or expression.
pub fn reads(site: &str, what: &str, at: Span, how: &Reads<'_>) -> Diag {
    let d = |primary: &str| {
        Diag::new(
            "E0601",
            format!("{what} reads the value of `{site}` that it predicts"),
            at,
            primary.to_string(),
        )
    };
    match how {
        Reads::Later(Told { text: layer, span, masks }) => d("may depend on earlier elements only")
            .also(*span, format!("`{layer}` lets each element read all elements"))
            .help(match (masks, layer.contains("bidirectional: true")) {
                (true, _) => format!("give `{layer}` a mask: `mask: A` in the first layer that has one, `mask: B` in all later ones"),
                (false, true) => "leave `bidirectional: true` out: the states that run from the end know what comes later".to_string(),
                (false, false) => format!("put a layer in the place of `{layer}` that reads earlier elements only: one with `mask: B`"),
            }),
        Reads::Itself(Some(Told { text: layer, span, masks })) => d("may depend on earlier elements only")
            .also(*span, "element i depends on elements up to and including i".to_string())
            .help(match masks {
                true => format!("start the net with `mask: A`, for example in `{layer}`; later layers keep `mask: B`"),
                false => format!("write `shift_right` before `{layer}`: it moves all elements one place on, so that each is made of those before it"),
            }),
        Reads::Itself(None) => d("changes each element alone, and so reads the one that it predicts").help(format!(
            "pass `{site}[< i]` through a net whose first layer has `mask: A`"
        )),
        Reads::Whole(by, help) => d(by).help(help.to_string()),
        Reads::Channels(n) => d("may depend on earlier pixels and, within a pixel, on earlier channels only").help(format!(
            "write `colours: {n}` in every layer with a mask, `logits` included, so that each channel reads the channels before it"
        )),
    }
}
