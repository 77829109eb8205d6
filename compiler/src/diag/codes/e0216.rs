//! E0216: a file named by `use` can't be read.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0216` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0216",
    title: "a used file cannot be read",
    text: "\
`use \"layers.gm\"` brings the items of another file into scope. The path is relative to the spec that is compiled.

Wrong:
    use \"lib/\"
Right:
    use \"lib/layers.gm\"
",
};

/// The file could not be read; `why` is the operating system's reason.
pub fn unreadable(path: &str, span: Span, why: &str) -> Diag {
    Diag::new("E0216", format!("cannot read `{path}`"), span, why.to_string()).help("give the path of a `.gm` file, relative to this spec")
}

/// More files than anybody writes: a sign of generated or circular specs.
pub fn too_many(span: Span) -> Diag {
    Diag::new("E0216", "this spec uses more than 64 files", span, "the 65th file").help("join files, so that at most 64 are used")
}
