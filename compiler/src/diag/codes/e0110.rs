//! E0110: brackets and quotes that do not pair.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0110` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0110",
    title: "a bracket or quote has no partner",
    text: "\
Wrong:
    model p { z ~ Normal(0, I)[16];  x ~ Bernoulli(logits: decode(z) }
Right:
    model p { z ~ Normal(0, I)[16];  x ~ Bernoulli(logits: decode(z)) }
",
};

/// What closes `open`.
fn partner(bracket: &str) -> &'static str {
    match bracket {
        "(" => ")",
        "[" => "]",
        "{" => "}",
        ")" => "(",
        "]" => "[",
        _ => "{",
    }
}

/// `open` is still open where `found` stands, which cannot be inside it.
pub fn before(open: &str, span: Span, found: (&str, Span)) -> Diag {
    let close = partner(open);
    Diag::new("E0110", format!("`{open}` is never closed"), span, "opened here")
        .also(found.1, format!("`{}` comes before a `{close}`", found.0))
        .help(format!("close it with `{close}` before the `{}`", found.0))
}

/// `open` is still open where the file ends.
pub fn at_end(open: &str, span: Span) -> Diag {
    Diag::new("E0110", format!("`{open}` is never closed"), span, "opened here")
        .help(format!("close it with `{}`", partner(open)))
}

/// `close` closes nothing.
pub fn unopened(close: &str, span: Span) -> Diag {
    Diag::new(
        "E0110",
        format!("`{close}` closes nothing"),
        span,
        format!("no `{}` is open here", partner(close)),
    )
    .help(format!("remove it, or open a `{}` before it", partner(close)))
}

/// A string without its second quote; `span` is the first.
pub fn string(span: Span) -> Diag {
    Diag::new("E0110", "the text in quotes never ends", span, "begins here")
        .help("close it with `\"` on the same line")
}
