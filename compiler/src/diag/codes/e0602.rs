//! E0602: sites drawn in an order.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0602` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0602",
    title: "sites drawn in an order are not available",
    text: "\
`x[i in raster] ~ ..` would draw the elements of `x` one after the other, each from the earlier ones, `x[< i]`. This
version has no ordered sites. A flow also has an exact density, and a model with a latent site and a guide has a bound.

Wrong:
    model p { x[i in raster] ~ Categorical(logits: pixel(x[< i])) }
Right:
    model p { z ~ Normal(0, I)[16];  x ~ Categorical(logits: decode(z)) }
    guide q(x) { (m, s) = encode(x);  z ~ Normal(m, exp(s)) }
",
};

/// `x[i in order] ~ ..`.
pub fn not_yet_ordered(span: Span) -> Diag {
    Diag::new(
        "E0602",
        "this version has no sites drawn in an order",
        span,
        "draws one element after the other",
    )
    .help("draw the whole variable at once, from a latent site and with a guide, or compute it with a flow")
}

/// `x[< i]` outside of an ordered site.
pub fn outside_order(span: Span) -> Diag {
    Diag::new("E0602", "there are no earlier elements here", span, "stands in no site drawn in an order")
        .help("write the whole variable, without `[< ..]`")
}
