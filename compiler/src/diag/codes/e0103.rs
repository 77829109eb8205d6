//! E0103: `:=`, `==` or `->` where `=` computes.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0103` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0103",
    title: "a value is computed with a single `=`",
    text: "\
A site that is computed is written `x = f(z)`, in a model, a guide and after `let`. There is no assignment that happens
later, and no comparison.

Wrong:
    model p { z ~ Normal(0, I)[2];  x := f(z) }
Right:
    model p { z ~ Normal(0, I)[2];  x = f(z) }
",
};

/// `name sign rest`, with `sign` underlined.
pub fn sign(name: &str, sign: &str, span: Span, rest: &str) -> Diag {
    Diag::new("E0103", format!("`{sign}` does not compute a value"), span, "not an operator in gm")
        .help(format!("write a single equals sign: `{name} = {rest}`"))
        .edit(span, "=")
}
