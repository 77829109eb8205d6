//! E0205: an argument or setting with a value that it can't take.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0205` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0205",
    title: "an argument has a value that it cannot take",
    text: "\
Arguments of layers, data sources, optimizers and schedules, and the settings of `train`, are known before training: a
number, a `dim`, the index of a `repeat`, arithmetic on these, a word such as `same`, or text in quotes. Each says which
values it takes. Numbers that change during training are schedules, such as `cosine(1e-3 -> 1e-5)`; they may stand in
payoffs and as arguments of optimizers.

Wrong:
    net f(x: Real[2]) -> Real[2] { dense(64), dropout(1.5), dense(2) }
Right:
    net f(x: Real[2]) -> Real[2] { dense(64), dropout(0.5), dense(2) }
",
};

/// A value that depends on data, samples or parameters stands where a constant must.
pub fn not_constant(span: Span) -> Diag {
    Diag::new("E0205", "this value must be known before training", span, "is computed during training")
        .help("write a number, a `dim`, the index of a `repeat`, or arithmetic on these")
}

/// The parts of a `split` sum to `sum`, more than 1.
pub fn split_sum(span: Span, sum: f64) -> Diag {
    Diag::new(
        "E0205",
        "the parts of `split` are more than the whole",
        span,
        format!("sum to {}", (sum * 1e6).round() / 1e6),
    )
    .help("give fractions that sum to at most 1")
}

/// `split` names a part that there is not.
pub fn unknown_part(name: &str, span: Span, near: Option<&str>, known: &[&str]) -> Diag {
    let help = match near {
        Some(n) => format!("did you mean `{n}`?"),
        None => "give the rows to training, or leave the part out".to_string(),
    };
    Diag::new("E0205", format!("`split` has no part `{name}`"), span, "no such part")
        .note(format!("the parts are `{}`", known.join("`, `")))
        .help(help)
}

/// Setting `name` of `block` (`train`) is given at `first` and again at `span`.
pub fn set_twice(block: &str, name: &str, first: Span, span: Span) -> Diag {
    Diag::new("E0205", format!("`{block}` is given `{name}` twice"), span, "given again")
        .also(first, "given here")
        .help("keep one of the two")
}

/// Two settings say how long to train: `first`, then `second`, each with its place. `counts`: such settings, and what they count.
pub fn two_lengths(first: (&str, Span), second: (&str, Span), counts: &[(&str, &str)]) -> Diag {
    let counts: Vec<String> = counts.iter().map(|(name, what)| format!("`{name}` counts {what}")).collect();
    Diag::new(
        "E0205",
        format!("`train` is given both `{}` and `{}`", first.0, second.0),
        second.1,
        "says how long to train, too",
    )
    .also(first.1, "says how long to train")
    .note(counts.join(", "))
    .help("keep one of the two")
}

/// Argument `arg` of `name` is `value`, and must be `want` (`a whole number of at least 1`).
pub fn wrong_kind(name: &str, arg: &str, span: Span, value: &str, want: &str) -> Diag {
    let label = match value {
        "this" => "is not".to_string(),
        // A number as it stands in the text says nothing again.
        _ if value.len() == span.end.saturating_sub(span.start) as usize => "is not".to_string(),
        _ => format!("is {value}"),
    };
    Diag::new("E0205", format!("`{arg}` of `{name}` must be {want}"), span, label)
        .help(format!("replace it with {want}"))
}

/// `split (.., by: ..)` of something else than a column.
pub fn split_by(span: Span) -> Diag {
    Diag::new("E0205", "not a way to part rows", span, "what decides which part a row is in belongs here")
        .help("write `by: order`, `by: chance`, or a column whose rows stay together, `by: \"customer\"`")
}

/// `split (.., by: "customer")` of a source without columns.
pub fn no_groups(source: &str, span: Span) -> Diag {
    Diag::new(
        "E0205",
        format!("`{source}` has no columns by which rows could stay together"),
        span,
        "of this source",
    )
    .help("leave `by` out; rows are kept together by a column of `csv`")
}

/// `stop(patience: 10)` in a game.
pub fn stop_of_a_game(span: Span, players: usize) -> Diag {
    Diag::new(
        "E0205",
        "no one number says when a game is to stop",
        span,
        format!("each of {players} players has its own"),
    )
    .help("leave `stop` out, and say how long to train with `epochs` or `steps`")
}
