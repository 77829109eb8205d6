//! E0114: expressions and brackets nested beyond reason.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0114` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0114",
    title: "nested too deeply",
    text: "\
Brackets may be nested 64 deep, and an expression may chain 400 operators. Name a part with `fn`, `let`, `net` or as a
site of its own.

Wrong:
    fn f(a) = ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((a))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))
Right:
    fn f(a) = a
",
};

/// The bracket at `span` is one too many.
pub fn nested(span: Span) -> Diag {
    Diag::new("E0114", "brackets are nested too deeply", span, "opens the 65th level")
        .help("name a part: `fn`, `let`, `net`, or a site of its own")
}

/// An expression chains too many operators; `span` is where it passes the limit.
pub fn chained(span: Span) -> Diag {
    Diag::new("E0114", "the expression has too many operators", span, "chained too far here")
        .help("name a part: `fn`, `let`, or a site of its own")
}
