//! E0305: a flow that does not reach all of what it declares.

use super::e0302;
use crate::diag::Diag;
use crate::span::Span;
use crate::types::event::Support;

/// What `gmc explain E0305` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0305",
    title: "a flow does not reach its whole range",
    text: "\
A flow has an inverse on everything that it declares on its right side. If its last layer is `sigmoid`, it yields numbers
between 0 and 1, and a value of 3 comes from nowhere: its density would be 0 and its log density minus infinity.

Wrong:
    flow f: Real[2] <-> Real[2] { couple(parity(0), affine) { dense(64), relu }, sigmoid }
Right:
    flow f: Real[2] <-> Real[2] in unit { couple(parity(0), affine) { dense(64), relu }, sigmoid }
",
};

/// Flow `name` declares `want`, and its last layer yields only `have`.
pub fn not_onto(name: &str, declared: Span, want: Support, last: Span, have: Support) -> Diag {
    Diag::new("E0305", format!("`{name}` does not reach all that it declares"), last, format!("reaches only {}", e0302::range(have)))
        .also(declared, format!("declares {}", e0302::range(want)))
        .help(format!("declare the right side `in {have}`, or remove this last layer"))
}

/// `quantize` of a value that does not reach every one of `levels` levels.
pub fn not_onto_levels(span: Span, levels: usize, have: Support) -> Diag {
    Diag::new("E0305", format!("`quantize` cannot reach all {levels} values"), span, format!("reaches only {}", e0302::range(have)))
        .note(format!("the value k comes from the reals between k and k + 1, so 0 to {levels} must be reached"))
        .help("quantize a value that ranges over all reals, such as a flow without a last `sigmoid`")
}
