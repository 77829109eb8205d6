//! E0105: `**` of Python.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0105` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0105",
    title: "a power is written with `^`",
    text: "\
Wrong:
    fn fake(s) = E[s ** 2]
Right:
    fn fake(s) = E[s^2]
",
};

/// `base ** exponent`, with `**` underlined.
pub fn power(span: Span, base: &str, exponent: &str) -> Diag {
    Diag::new("E0105", "`**` is not a power", span, "not an operator in gm")
        .help(format!("write a caret: `{base}^{exponent}`"))
        .edit(span, "^")
}
