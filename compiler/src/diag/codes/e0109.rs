//! E0109: a colon or equals sign in a setting, an equals sign in a named argument.

use crate::diag::Diag;
use crate::diag::foreign::{self, Place};
use crate::span::Span;

/// What `gmc explain E0109` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0109",
    title: "settings take no sign, named arguments a colon",
    text: "\
A setting of `train` or `eval` is its name and its value; a goal is a verb and a payoff. A named argument takes a colon.

Wrong:
    train { epochs: 20, loss: nll(p), using adam(lr=1e-3) }
Right:
    train { epochs 20, minimizes nll(p), using adam(lr: 1e-3) }
",
};

/// `name: value` or `name = value` among the statements of `train`, `eval` or `split`; `sign` is underlined.
pub fn setting((name, at): (&str, Span), (sign, span): (&str, Span), (value, end): (&str, Span)) -> Diag {
    let (keep, change) = (Span { start: at.end, end: end.start, ..at }, Span { end: end.start, ..at });
    let fix = match name {
        "loss" | "objective" | "minimize" | "cost" => Some((change, "minimizes ")),
        "maximize" | "reward" => Some((change, "maximizes ")),
        "optimizer" | "optim" | "opt" => Some((change, "using ")),
        "batch_size" => Some((change, "batch ")),
        "lr" | "learning_rate" => None,
        _ => Some((keep, " ")),
    };
    let help = match name {
        "loss" | "objective" | "minimize" | "cost" => format!("state a goal: `minimizes {value}`"),
        "maximize" | "reward" => format!("state a goal: `maximizes {value}`"),
        "optimizer" | "optim" | "opt" => format!("name the optimizer: `using {value}`"),
        "batch_size" => format!("leave the sign out: `batch {value}`"),
        "lr" | "learning_rate" => format!("give it to the optimizer: `using adam(lr: {value})`"),
        _ => format!("leave the sign out: `{name} {value}`"),
    };
    let diag =
        Diag::new("E0109", format!("`{name}` takes no `{sign}`"), span, "not part of a setting").help(help);
    match fix {
        Some((span, text)) => diag.edit(span, text),
        None => diag,
    }
}

/// `key = value` in an argument list; `span` is the sign.
pub fn argument((key, at): (&str, Span), span: Span, (value, end): (&str, Span)) -> Diag {
    // A word of others is told with the sign, so that there is one thing to mend and not two.
    let ours = foreign::advice(key, Place::Argument);
    let ours = ours.map(|a| match a.strip_prefix('`').and_then(|a| a.strip_suffix(":`")) {
        Some(name) => format!("write `{name}: {value}`"),
        None => format!("write {a}"),
    });
    Diag::new("E0109", format!("the argument `{key}` takes a colon"), span, "not the sign of an argument")
        .help(ours.unwrap_or_else(|| format!("write `{key}: {value}`")))
        .edit(Span { start: at.end, end: end.start, ..at }, ": ")
}
