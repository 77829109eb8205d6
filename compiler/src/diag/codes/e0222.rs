//! E0222: a parameter of a distribution that must have its name.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0222` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0222",
    title: "a parameter is written without its name",
    text: "\
Most parameters mean the same everywhere and may be written in order: `Normal(m, s)`. Where a place holds one thing in one library and
another elsewhere, logits or probabilities, a rate or a scale, the parameter is written with its name, so that nobody reads it as the
other. `Categorical(10)` is ten equal classes. `gmc fmt --upgrade FILE` writes the names that were meant without them.

Wrong:
    model p { t ~ Gamma(2, 1)[4];  x ~ Categorical(decode(t)) }
Right:
    model p { t ~ Gamma(2, rate: 1)[4];  x ~ Categorical(logits: decode(t)) }
",
};

/// Parameter `param` of `row` is given `value` at `span` without its name; its place holds `elsewhere` in others. `other`: what may be
/// given instead of it.
pub fn unnamed(
    (row, param): (&str, &str),
    span: Span,
    value: &str,
    elsewhere: &str,
    other: Option<&str>,
) -> Diag {
    let help = match other {
        Some(other) => format!("say which it is: `{param}: {value}`, or `{other}: ..`"),
        None => format!("say that it is: `{param}: {value}`"),
    };
    Diag::new("E0222", format!("`{row}` takes `{param}` by its name"), span, "has no name")
        .note(format!("elsewhere this place holds {elsewhere}"))
        .help(help)
        .edit(Span { end: span.start, ..span }, format!("{param}: "))
}
