//! W0603: pixels that an ordered site never reads.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain W0603` prints.
pub const PAGE: super::Page = super::Page {
    code: "W0603",
    title: "an ordered site leaves earlier elements out",
    text: "\
A site that is drawn in an order may read everything that is earlier, and its density is exact whatever it reads. What it
leaves out it cannot know: a site that reads no earlier element draws them independently. Of a net that reads some of the
earlier pixels and leaves out others, W0606 tells which.

Wrong:
    data x: Bool[64] from digits(binarize: 0.5)
    net f(z: Real[4]) -> Real[64] { dense(64) }
    model p { z ~ Normal(0, I)[4];  x[i in forward] ~ Bernoulli(logits: f(z)) }
Right:
    data x: Bool[64] from digits(binarize: 0.5)
    net f(x: Bool[64]) -> Real[64] { dense(128, mask: A), relu, dense(64, mask: B) }
    model p { x[i in forward] ~ Bernoulli(logits: f(x[< i])) }
",
};

/// The parameters of the site do not read its earlier elements.
pub fn independent(site: &str, index: &str, span: Span) -> Diag {
    Diag::new(
        "W0603",
        format!("the elements of `{site}` do not depend on each other"),
        span,
        format!("no parameter reads `{site}[< {index}]`"),
    )
    .help(format!("read the earlier elements, `{site}[< {index}]`, or draw all at once: `{site} ~ ..`"))
}
