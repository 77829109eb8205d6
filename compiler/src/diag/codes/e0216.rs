//! E0216: a file named by `use` can't be read.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0216` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0216",
    title: "a file cannot be used",
    text: "\
`use \"layers.gm\"` brings the items of another file into scope. The path is relative to the spec that is compiled, and
leads to another file than the spec itself.

Wrong:
    use \"lib/\"
Right:
    use \"lib/layers.gm\"
",
};

/// The file could not be read; `why` is the operating system's reason.
pub fn unreadable(path: &str, span: Span, why: &str) -> Diag {
    Diag::new("E0216", format!("cannot read `{path}`"), span, why.to_string())
        .help("give the path of a `.gm` file, relative to this spec")
}

/// `use` leads to the spec that is compiled, from there (`direct`) or from a file that it uses.
pub fn itself(path: &str, span: Span, direct: bool) -> Diag {
    let (message, label) = match direct {
        true => ("the spec uses itself".to_string(), "is this file"),
        false => (format!("`{path}` is the spec that uses this file"), "leads back to where `use` began"),
    };
    Diag::new("E0216", message, span, label)
        .help("remove this line; what two files share stands in a third one, which both use")
}

/// More files than anybody writes: a sign of generated or circular specs.
pub fn too_many(span: Span) -> Diag {
    Diag::new("E0216", "this spec uses more than 64 files", span, "the 65th file")
        .help("join files, so that at most 64 are used")
}
