//! E0207: arguments that are unknown, missing, doubled or too many.

use crate::diag::foreign;
use crate::diag::{Diag, suggest::did_you_mean};
use crate::span::Span;

/// What `gmc explain E0207` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0207",
    title: "the arguments do not fit",
    text: "\
Layers, distributions, functions and data sources are called alike: arguments by position first, then by name with a
colon, `conv(64, k: 3, stride: 2)`. Each is given once. Arguments that have a default may be left out. Some parameters
are alternatives, of which one is given: `Bernoulli(logits: ..)` or `Bernoulli(probs: ..)`. A net takes its inputs by
position.

Wrong:
    net f(x: Real[3, 32, 32]) -> Real[64, 32, 32] { conv(64, kernel: 3) }
Right:
    net f(x: Real[3, 32, 32]) -> Real[64, 32, 32] { conv(64, k: 3) }
",
};

/// `name` has no argument `key`; `known` are those that it has (empty: it takes them by position only).
pub fn unknown_argument(name: &str, key: &str, span: Span, known: &[&str]) -> Diag {
    let diag = Diag::new("E0207", format!("`{name}` has no argument `{key}`"), span, "not an argument of it");
    // A word of others stands for one of ours only where that is an argument here.
    let fits = |advice: &&str| match advice.split('`').nth(1).and_then(|w| w.strip_suffix(':')) {
        Some(ours) => known.contains(&ours),
        None => true,
    };
    if let Some(advice) = foreign::advice(key, foreign::Place::Argument).filter(fits) {
        return diag.help(format!("write {advice}"));
    }
    match (did_you_mean(key, known.iter().copied()), known) {
        (Some(near), _) => diag.help(format!("did you mean `{near}`?")),
        (None, []) => {
            diag.help(format!("leave out `{key}:`; the arguments of `{name}` have no names, only an order"))
        }
        (None, [one]) => diag.help(format!("its only named argument is `{one}`")),
        (None, _) => diag.help(format!("its arguments are `{}`", known.join("`, `"))),
    }
}

/// The argument at `span` is one more than the `most` that `name` takes by position.
pub fn too_many(name: &str, most: usize, span: Span) -> Diag {
    let takes = match most {
        0 => format!("`{name}` takes no arguments"),
        1 => format!("`{name}` takes one argument"),
        n => format!("`{name}` takes {n} arguments"),
    };
    Diag::new("E0207", takes, span, "one too many").help("remove it")
}

/// Argument `arg` of `name` is given again at `span`.
pub fn twice(name: &str, arg: &str, span: Span) -> Diag {
    Diag::new("E0207", format!("`{name}` is given `{arg}` twice"), span, format!("gives `{arg}` again"))
        .note("arguments without a name are taken in order")
        .help("remove one of the two, or name the argument that is meant")
}

/// Argument `arg` of the call `name` at `span` is required; `doc` says what it is.
pub fn missing(name: &str, arg: &str, doc: &str, span: Span) -> Diag {
    let diag =
        Diag::new("E0207", format!("`{name}` is missing `{arg}`"), span, format!("does not give `{arg}`"));
    let diag = match doc.trim().trim_end_matches('.') {
        "" => diag,
        doc => diag.note(format!("`{arg}`: {doc}")),
    };
    diag.help(format!("write `{name}({arg}: ..)`"))
}

/// The form `form` (`Truncated`) is called at `span` without a distribution inside.
pub fn no_distribution(form: &str, span: Span) -> Diag {
    Diag::new(
        "E0207",
        format!("`{form}` is missing a distribution"),
        span,
        "does not say of which distribution",
    )
    .note(format!("`{form}` makes a distribution of another one, which is written inside"))
    .help(format!("write it as the first argument: `{form}(Normal(m, exp(s)), ..)`"))
}

/// The form `form` (`Truncated`) is called at `span` with none of its ends, called `names`.
pub fn no_end(form: &str, span: Span, names: &[&str]) -> Diag {
    let ends: Vec<String> = names.iter().map(|n| format!("`{n}: ..`")).collect();
    Diag::new("E0207", format!("`{form}` is given no end"), span, "would change nothing")
        .help(format!("write {} or both", ends.join(", ")))
}

/// The form `form` cannot be put around the distribution at `inner`.
pub fn unfit(form: &str, inner: Span, why: &str) -> Diag {
    let (why, help) = why.split_once("; ").unwrap_or((why, "use another distribution"));
    Diag::new("E0207", format!("`{form}` does not go around this distribution"), inner, "cannot stand inside")
        .note(why)
        .help(help)
}

/// More than one of several alternatives is given, `arg` among them.
pub fn alternatives(name: &str, arg: &str, span: Span) -> Diag {
    Diag::new(
        "E0207",
        format!("`{name}` is given `{arg}` and an alternative to it"),
        span,
        "says the same thing in two ways",
    )
    .help(format!("keep `{arg}`, or keep the other, not both"))
}

/// A call with `got` arguments where exactly `names` belong.
pub fn count(name: &str, span: Span, got: usize, names: &[&str]) -> Diag {
    let takes = match names.len() {
        0 => "no arguments".to_string(),
        1 => "one argument".to_string(),
        n => format!("{n} arguments"),
    };
    let diag = Diag::new("E0207", format!("`{name}` takes {takes}"), span, given(got));
    match names {
        [] => diag.help(format!("write `{name}()`")),
        [one] => diag.help(format!("give it one: {one}")),
        _ => diag.help(format!("give it, in this order: {}", names.join(", "))),
    }
}

/// A function that takes `least` to `most` arguments, called with `got`.
pub fn arity(name: &str, span: Span, got: usize, least: usize, most: usize) -> Diag {
    let range = match (least, most) {
        (a, b) if a == b && a == 1 => "one argument".to_string(),
        (a, b) if a == b => format!("{a} arguments"),
        (a, usize::MAX) => format!("at least {a} arguments"),
        (a, b) => format!("{a} to {b} arguments"),
    };
    Diag::new("E0207", format!("`{name}` takes {range}"), span, given(got)).help(match got < least {
        true => "give it the missing ones, separated by commas",
        false => "remove those that are too many",
    })
}

fn given(n: usize) -> String {
    match n {
        0 => "is given none".to_string(),
        1 => "is given one".to_string(),
        n => format!("is given {n}"),
    }
}
