//! E0112: two things follow each other with nothing between them.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0112` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0112",
    title: "a separator is missing",
    text: "\
Layers and arguments are separated by commas, on one line and on several. The sites of a model or guide are separated by
a new line or by `;`.

Wrong:
    net f(x: Real[2]) -> Real[2] { dense(64) relu, dense(2) }
Right:
    net f(x: Real[2]) -> Real[2] { dense(64), relu, dense(2) }
",
};

/// A comma belongs between `left` and `right`.
pub fn comma(left: (&str, Span), right: (&str, Span)) -> Diag {
    Diag::new("E0112", format!("a comma is missing before `{}`", right.0), right.1, "begins another entry")
        .also(left.1, "the entry before it ends here")
        .help(format!("write `{}, {}`", left.0, right.0))
        .edit(behind(left.1), ",")
}

/// `;` or a new line belongs between two statements.
pub fn statements(left: Span, right: (&str, Span)) -> Diag {
    let end = Span { start: left.end.saturating_sub(1).max(left.start), ..left };
    Diag::new("E0112", format!("a `;` is missing before `{}`", right.0), right.1, "begins another statement")
        .also(end, "the statement before it ends here")
        .help("put `;` or a new line between two statements")
        .edit(behind(left), ";")
}

/// The place behind something.
fn behind(span: Span) -> Span {
    Span { start: span.end, ..span }
}
