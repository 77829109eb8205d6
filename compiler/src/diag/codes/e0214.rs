//! E0214: guides with parameters for each datum.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0214` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0214",
    title: "guides with parameters for each datum are not available",
    text: "\
`guide q[x] { .. }` would hold one block of parameters for each datum (classical variational inference). This version has
amortized guides only: a net computes the proposal from the datum, so that new data cost one evaluation.

Wrong:
    guide q[x] { z ~ Normal(free(16), exp(free(16))) }
Right:
    net encode(x: Real[784]) -> (Real[16], Real[16]) { dense(256), relu, heads(16, 16) }
    guide q(x) { (m, s) = encode(x);  z ~ Normal(m, exp(s)) }
",
};

/// `guide q[x]`; `span` is its name.
pub fn per_datum(span: Span) -> Diag {
    Diag::new("E0214", "this version has no guides with parameters for each datum", span, "declared with square brackets")
        .help("compute the proposal with a net: `guide q(x) { (m, s) = encode(x);  z ~ Normal(m, exp(s)) }`")
}
