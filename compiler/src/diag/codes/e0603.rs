//! E0603: an order that a site cannot be drawn in.

use crate::diag::Diag;
use crate::event::EventTy;
use crate::span::Span;

/// What `gmc explain E0603` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0603",
    title: "a site cannot be drawn in this order",
    text: "\
`raster` goes over the pixels of an image [channels, rows, columns]; `forward`, `reverse` and `permuted(seed)` go along a
vector or a sequence. How many elements there are is said by the data of the site's name; a site without data says it
itself, `z[i in forward] ~ Normal(f(z[< i]), 1)[16]`.

Sequences of different lengths say how long each is, `x[t in forward(until: n)]`, by an `Int` of the data that the model
is given, `model p(n)`, or draws before.

A guide proposes all elements at once, so that derivatives pass through its draws: it has no ordered sites. A guide with
dependent elements is a flow with `masked(..)`.

Wrong:
    data x: Bool[64] from digits(binarize: 0.5)
    net f(x: Bool[64]) -> Real[64] { dense(64, mask: A) }
    model p { x[i in raster] ~ Bernoulli(logits: f(x[< i])) }
Right:
    data x: Bool[64] from digits(binarize: 0.5)
    net f(x: Bool[64]) -> Real[64] { dense(64, mask: A) }
    model p { x[i in forward] ~ Bernoulli(logits: f(x[< i])) }
",
};

/// The order does not go with the event; `why` and `help` are the order's.
pub fn unfit(order: Span, why: &str, help: &str) -> Diag {
    Diag::new("E0603", why.to_string(), order, "is not the order of this event").help(help.to_string())
}

/// `until:` is no whole number of each example.
pub fn no_length(at: Span, ty: &EventTy) -> Diag {
    Diag::new(
        "E0603",
        "the number of places that are drawn is one whole number of each example",
        at,
        format!("is {ty}"),
    )
    .help("declare it as data, `data (x: Real[50, 3], n: Int(51)) from ..`, and write `model p(n)`")
}

/// What stands behind `in` is no order.
pub fn no_order(site: &str, span: Span) -> Diag {
    Diag::new("E0603", "this is no order", span, "is neither the name of an order nor a range of times")
        .help(format!("write an order, `{site}[i in forward] ~ ..`, or times, `{site}[t in 1..16] ~ ..`"))
}

/// A site without data whose event is not written.
pub fn no_shape(site: &str, span: Span) -> Diag {
    Diag::new(
        "E0603",
        format!("nothing says how many elements `{site}` has"),
        span,
        "has no data and no shape",
    )
    .help(format!("write the shape behind the distribution: `{site}[i in forward] ~ ..[16]`"))
}

/// An ordered site of a guide.
pub fn in_a_guide(guide: &str, site: &str, span: Span) -> Diag {
    Diag::new(
        "E0603",
        format!("guide `{guide}` cannot draw `{site}` one element after the other"),
        span,
        "derivatives do not pass through draws in an order",
    )
    .help(format!(
        "draw all elements at once, `{site} ~ Normal(m, exp(s))`, or let a flow make them dependent: `e ~ Normal(m, exp(s));  {site} = f(e)` with `flow f` of `masked(affine)` layers"
    ))
}
