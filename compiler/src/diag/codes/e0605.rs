//! E0605: statements in time that make no site together.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0605` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0605",
    title: "statements in time do not make one site together",
    text: "\
A site in time may be drawn by several statements: `z[0] ~ ..` for its first time, `z[t in 1..T] ~ ..` for the others. Together
they must draw each time once, the times of `a..b` being a, a + 1, .. up to b - 1. All of them draw from the same distribution,
given the same parameters, with values of the same shape: what differs between times are the values of the parameters. For all times
of a site are computed at once, by one formula; a first value of another kind is a site of its own that `z[0]` is drawn around. How many
times a site has is said by its data; a site without data has as many as its statements draw.

In a guide the draws of a chain must pass derivatives on, as those of `Normal` do, or have the score function in place of that, `by score` behind
each of its statements. A chain of classes needs no guide: the model's is summed over exactly.

Wrong:
    data x: Bool[64] from digits(binarize: 0.5)
    net f(x: Bool[]) -> Real[] { dense(1), scalar }
    model p { x[0] ~ Bernoulli(probs: 0.5);  x[t in 1..64] ~ Bernoulli(logits: f(x[t - 1])) }
Right:
    data x: Bool[64] from digits(binarize: 0.5)
    net f(x: Bool[]) -> Real[] { dense(1), scalar }
    model p { x[0] ~ Bernoulli(logits: 0);  x[t in 1..64] ~ Bernoulli(logits: f(x[t - 1])) }
",
};

/// Data of one number are drawn in time.
pub fn no_axis(site: &str, span: Span, data: Span) -> Diag {
    Diag::new("E0605", format!("`{site}` has no axis for time"), span, "is drawn time after time")
        .also(data, "says that it is one number")
        .help(format!("declare a sequence, such as `{site}: Real[16]`, or draw it at once: `{site} ~ ..`"))
}

/// The range of a statement is longer than the data.
pub fn beyond(site: &str, at: Span, last: usize, length: usize, data: Span) -> Diag {
    Diag::new("E0605", format!("`{site}` has {length} times"), at, format!("goes on to time {last}"))
        .also(data, format!("says that `{site}` has the times 0 to {}", length.saturating_sub(1)))
        .help(format!("end the range at {length}: the times of `a..b` are a up to b - 1"))
}

/// `5..5`
pub fn empty(site: &str, at: Span, from: usize, to: usize) -> Diag {
    let d =
        Diag::new("E0605", "there is no time in this range", at, format!("ends at {to}, before it begins"));
    match from > to {
        true => d.help(format!(
            "to run downwards write the range upwards inside of `reverse(..)`: `{site}[t in reverse({to}..{from})]`"
        )),
        false => d.help(format!("the times of `a..b` are a up to b - 1: `{from}..{}` holds {from} alone", from + 1)),
    }
}

/// Two statements draw the same time.
pub fn twice(site: &str, t: usize, second: Span, first: Span) -> Diag {
    Diag::new("E0605", format!("`{site}[{t}]` is drawn twice"), second, "draws it again")
        .also(first, "draws it first")
        .help("let the ranges of the statements follow each other: `0..4` and `4..16` share no time")
}

/// A time that no statement draws, the first of `n`.
pub fn missing(site: &str, span: Span, t: usize, n: usize, length: usize) -> Diag {
    let which = match n {
        1 => format!("time {t} of {length} is left out"),
        n => format!("{n} of {length} times are left out, the first of which is {t}"),
    };
    let help = match t {
        0 => format!("draw the first time: `{site}[0] ~ ..`, or begin the range at 0"),
        t => format!(
            "end the range at {length}, or draw the others by a statement of their own: `{site}[t in {t}..{length}] ~ ..`"
        ),
    };
    Diag::new("E0605", format!("no statement draws `{site}[{t}]`"), span, which).help(help)
}

/// Two statements draw from different distributions.
pub fn differ(site: &str, (one, first): (Span, String), (two, second): (Span, String)) -> Diag {
    Diag::new(
        "E0605",
        format!("the statements of `{site}` draw from different distributions"),
        two,
        format!("draws from `{second}`"),
    )
    .also(one, format!("draws from `{first}`"))
    .help("draw all times from one distribution, given the same parameters; their values may differ from time to time")
}

/// One time has another shape than the site.
pub fn step(site: &str, at: Span, have: &str, want: &str) -> Diag {
    Diag::new("E0605", format!("one time of `{site}` has another shape"), at, format!("draws {have}")).help(format!(
        "draw {want} at each time: the first axis of `{site}` is time, the others are written behind the distribution or come from its parameters"
    ))
}

/// A guide draws a chain of discrete values.
pub fn discrete_guide(site: &str, at: Span) -> Diag {
    Diag::new(
        "E0605",
        format!("a guide cannot draw the chain `{site}` from this distribution"),
        at,
        "passes no derivative on to the times before",
    )
    .help(format!(
        "leave `{site}` out of the guide, so that the model's chain of classes is summed over exactly, or draw numbers, `{site}[t in 1..16] ~ Normal(..)`, or write `by score` behind each of its statements"
    ))
}
