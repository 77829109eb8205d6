//! E0204: a data item that disagrees with its source.

use crate::diag::Diag;
use crate::event::EventTy;
use crate::span::Span;

/// What `gmc explain E0204` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0204",
    title: "the declared type is not what the source yields",
    text: "\
The type in a data item says what one event of the source is: how many variables, of which shape, and what each number
is. Many sources yield an image as a vector, `[784]`, or with its axes, `[1, 28, 28]`. The declared range may be wider
than that of the source, not narrower: grey levels between 0 and 1 may be declared `Real`, but not `Bool`.

Wrong:
    data x: Real[65] in unit from digits
Right:
    data x: Real[64] in unit from digits
",
};

/// The item declares another number of variables than the source yields.
pub fn variables(source: &str, at: Span, span: Span, declared: usize, yields: usize) -> Diag {
    let help = match yields {
        1 => "declare one variable: `data x: .. from ..`".to_string(),
        n => format!("declare {n} variables in brackets, as in `data (x: .., y: ..) from ..`"),
    };
    Diag::new(
        "E0204",
        format!("`{source}` does not yield these variables"),
        span,
        format!("declares {}", count(declared)),
    )
    .also(at, format!("yields {}", count(yields)))
    .help(help)
}

/// The item declares shape `want`, the source yields `got`.
pub fn shape(source: &str, at: Span, span: Span, want: &str, got: &str) -> Diag {
    Diag::new(
        "E0204",
        format!("`{source}` does not yield this shape"),
        span,
        format!("declares an event of shape {want}"),
    )
    .also(at, format!("yields events of shape {got}"))
    .help(format!("declare the shape {got}"))
}

/// The source yields values that the declared type excludes.
pub fn kind(source: &str, at: Span, span: Span, want: &EventTy, got: &EventTy) -> Diag {
    let diag = Diag::new(
        "E0204",
        format!("`{source}` yields values that this type excludes"),
        span,
        format!("declares `{want}`"),
    )
    .also(at, format!("yields `{got}`"));
    match want.kind.discrete() && !got.kind.discrete() {
        true => diag.help(format!(
            "declare `{got}`, or make the source yield whole values, for example with `binarize: 0.5`"
        )),
        false => diag.help(format!("declare `{got}`")),
    }
}

fn count(n: usize) -> String {
    if n == 1 { "one variable".to_string() } else { format!("{n} variables") }
}
