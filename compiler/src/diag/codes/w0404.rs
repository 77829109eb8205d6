//! W0404: an element that a flow copies from its input to its output.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain W0404` prints.
pub const PAGE: super::Page = super::Page {
    code: "W0404",
    title: "a dimension is never transformed",
    text: "\
A coupling keeps the elements of its mask. If every coupling keeps the same ones, the flow copies them, and the model's
density of those elements is the base density, whatever the data. Masks alternate with the index of the `repeat`.

Wrong:
    flow f: Real[2] <-> Real[2] { repeat 8 { couple(parity(0), affine) { dense(64), relu } } }
Right:
    flow f: Real[2] <-> Real[2] { repeat 8 as k { couple(parity(k), affine) { dense(64), relu } } }
",
};

/// Element `dimension` passes unchanged through all `rounds` of a `repeat` (underlined at `head`) because of `mask`.
pub fn in_repeat(dimension: usize, mask: Span, head: Span, rounds: usize) -> Diag {
    Diag::new(
        "W0404",
        format!("dimension {dimension} is never transformed by this `repeat`"),
        mask,
        format!("keeps dimension {dimension} in every round"),
    )
    .also(head, format!("repeats {rounds} times unchanged"))
    .help(format!("alternate the mask: `repeat {rounds} as k {{ couple(parity(k), affine) {{ .. }} }}`"))
}

/// Element `dimension` passes unchanged through flow `name`, whose name is at `span`.
pub fn in_flow(dimension: usize, span: Span, name: &str) -> Diag {
    Diag::new("W0404", format!("dimension {dimension} is never transformed by `{name}`"), span, format!("copies dimension {dimension}"))
        .help("add couplings with alternating masks: `repeat 4 as k { couple(parity(k), affine) { .. } }`")
}
