//! E0100: the text is not a spec, and no more particular code says why.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0100` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0100",
    title: "the text does not follow the grammar",
    text: "\
A spec is a list of items, each led by its keyword: use, dim, type, data, net, flow, param, fn, model, guide, train,
eval. The message names what was found and what could stand there instead. Each item is read alone, so one broken item
does not hide the errors of the others.

Wrong:
    model p { z ~ Normal(0, I)[16]  x ~ Bernoulli(logits: decode(z) }
Right:
    model p { z ~ Normal(0, I)[16];  x ~ Bernoulli(logits: decode(z)) }
",
};

/// Found `found` at `span`, where one of `expected` could stand.
pub fn unexpected(found: &str, expected: &[String], span: Span) -> Diag {
    let label = match expected {
        [] => "cannot stand here".to_string(),
        _ => format!("expected {}", one_of(expected)),
    };
    Diag::new("E0100", format!("unexpected {found}"), span, label)
}

/// `a`, `a or b`, `a, b or c`.
pub fn one_of(words: &[String]) -> String {
    match words {
        [] => "nothing".to_string(),
        [one] => one.clone(),
        [init @ .., last] => format!("{} or {last}", init.join(", ")),
    }
}
