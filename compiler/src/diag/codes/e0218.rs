//! E0218: a corrupted value that no net or flow reads.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0218` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0218",
    title: "only what a net reads may be corrupted",
    text: "\
`corrupt(x, gaussian(0.3))` stands for an input: a net that sees the noise and is measured against clean data learns to
take the noise away. As a target, noise that nothing can foresee would only blur the answer; and outside of training
`corrupt` leaves its argument as it is, so the number that is measured would not be the one that was trained.

Wrong:
    train { minimizes mse(decode(encode(x)), corrupt(x, gaussian(0.3))) }
Right:
    train { minimizes mse(decode(encode(corrupt(x, gaussian(0.3)))), x) }
",
};

/// A corruption, written at `span`, of a value that no net or flow reads.
pub fn no_input(span: Span) -> Diag {
    Diag::new(
        "E0218",
        "a corrupted value that no net reads",
        span,
        "corrupts a target, or something else that is no input of a net or flow",
    )
    .note("outside of training `corrupt` leaves its argument as it is, so the number measured would not be the one trained")
    .help("corrupt what the net reads and compare with clean data: `mse(decode(encode(corrupt(x, gaussian(0.3)))), x)`")
}
