//! E0604: a time that is read where it is not known.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0604` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0604",
    title: "a time is read that is not known there",
    text: "\
`z[t in 1..T] ~ D(f(z[t - 1]))` draws `z` at the times 1, 2, .. up to T - 1, each given the time before. A statement may read of
its own site what is drawn before: the times of earlier statements (`z[0] ~ ..` is the usual first one), and those that it has
gone through itself. It runs upwards, or downwards with `reverse(..)`: `z[t in reverse(0..T - 1)] ~ D(f(z[t + 1]))` begins at
T - 2 and needs `z[T - 1] ~ ..` first. A look-back of two, `z[t - 2]`, needs two initial sites, `z[0]` and `z[1]`, and the range
begins at 2.

Other sites and data whose first axis is time are read at any of their times: `x[t]`, `x[t + 1]`, `x[0]`. Between the brackets
stands a number, or the time of the statement with a number added or subtracted.

Wrong:
    data x: Bool[64] from digits(binarize: 0.5)
    net f(x: Bool[]) -> Real[] { dense(1), scalar }
    model p { x[0] ~ Bernoulli(logits: 0);  x[t in 1..64] ~ Bernoulli(logits: f(x[t + 1])) }
Right:
    data x: Bool[64] from digits(binarize: 0.5)
    net f(x: Bool[]) -> Real[] { dense(1), scalar }
    model p { x[0] ~ Bernoulli(logits: 0);  x[t in 1..64] ~ Bernoulli(logits: f(x[t - 1])) }
",
};

/// A statement in time, for messages.
pub struct Statement<'a> {
    /// The site that it draws.
    pub site: &'a str,
    /// Where its times stand.
    pub at: Span,
    /// The name of the time.
    pub index: Option<&'a str>,
    /// Runs downwards.
    pub reverse: bool,
}

/// `z` as a whole in its own distribution.
pub fn whole(span: Span, s: &Statement<'_>) -> Diag {
    let (z, t) = (s.site, s.index.unwrap_or("t"));
    let before = if s.reverse { "+" } else { "-" };
    Diag::new("E0604", format!("`{z}` cannot be read as a whole while it is drawn"), span, "is not known yet")
        .also(s.at, "draws it time after time")
        .help(format!("read a time that is drawn before, such as `{z}[{t} {before} 1]`"))
}

/// The site reads itself, and no time of it is drawn first.
pub fn no_start(s: &Statement<'_>, span: Span) -> Diag {
    let z = s.site;
    Diag::new("E0604", format!("`{z}` has no initial site"), span, "reads a time that nothing draws")
        .also(s.at, "is the first statement that draws it")
        .help(format!("draw the first time before it, without reading another one: `{z}[0] ~ ..`"))
}

/// A site reads itself at a time that is not drawn yet: at time `now` it reads `read`, which is `shift` later.
pub fn not_drawn(
    s: &Statement<'_>,
    span: Span,
    (now, read): (usize, Option<usize>),
    shift: Option<isize>,
    length: usize,
) -> Diag {
    let z = s.site;
    let t = s.index.unwrap_or("t");
    let d = |title: String, primary: String| {
        Diag::new("E0604", title, span, primary).also(s.at, format!("draws `{z}[{now}]`"))
    };
    let ahead = shift.filter(|by| if s.reverse { *by < 0 } else { *by > 0 });
    if shift == Some(0) {
        return d(format!("`{z}[{t}]` is drawn from itself"), "is the value that is being drawn".into())
            .help(format!("read the time before it, `{z}[{t} {} 1]`", if s.reverse { '+' } else { '-' }));
    }
    if let Some(by) = ahead {
        let (direction, other) = if s.reverse { ("downwards", "upwards") } else { ("upwards", "downwards") };
        let turned = if s.reverse { "without `reverse(..)`" } else { "with `reverse(..)` around the range" };
        return d(
            format!("`{z}` reads a time that is drawn later"),
            format!("is {} later than `{z}[{t}]` in a chain that runs {direction}", steps(by)),
        )
        .help(format!(
            "read a time that is drawn before, `{z}[{t} {} {}]`, or let the chain run {other}, {turned}",
            if s.reverse { '+' } else { '-' },
            by.unsigned_abs()
        ));
    }
    let back = shift.map_or(1, isize::unsigned_abs);
    match read.filter(|r| *r < length) {
        Some(r) => d(
            format!("`{z}` looks back past its initial sites"),
            format!("is `{z}[{r}]` when {t} is {now}, which no earlier statement draws"),
        )
        .help(format!("draw `{z}[{r}]` by a statement before this one, or let the range begin later")),
        None => d(
            format!("`{z}` looks back past its initial sites"),
            format!("is before the first time when {t} is {now}"),
        )
        .help(match s.reverse {
            true => format!(
                "a look-back of {back} needs {back} initial sites: draw {} first, and let the range end before them",
                last(z, back)
            ),
            false => format!(
                "a look-back of {back} needs {back} initial sites: draw {} first, and let the range begin at {back}",
                initial(z, back)
            ),
        }),
    }
}

fn steps(by: isize) -> String {
    match by.unsigned_abs() {
        1 => "1 step".into(),
        n => format!("{n} steps"),
    }
}

/// `z[0]` and `z[1]`
fn initial(z: &str, n: usize) -> String {
    match n {
        1 => format!("`{z}[0]`"),
        2 => format!("`{z}[0]` and `{z}[1]`"),
        n => format!("`{z}[0]` to `{z}[{}]`", n - 1),
    }
}

fn last(z: &str, n: usize) -> String {
    match n {
        1 => format!("the last time of `{z}`"),
        n => format!("the last {n} times of `{z}`"),
    }
}

/// `x[3]` of something that has no axis.
pub fn no_axis(x: &str, span: Span, at: Option<Span>) -> Diag {
    let d = Diag::new(
        "E0604",
        format!("`{x}` is one number, and has no times"),
        span,
        "reads one of its elements",
    );
    let d = match at {
        Some(at) => d.also(at, format!("says what `{x}` is")),
        None => d,
    };
    d.help(format!("write `{x}`, without brackets"))
}

/// A time outside of a sequence; at time `at` of the statement, if that decides it.
pub fn outside(x: &str, span: Span, at: Option<usize>, length: usize, of: Option<Span>) -> Diag {
    let when = at.map_or(String::new(), |t| format!(" when the time is {t}"));
    let d = Diag::new(
        "E0604",
        format!("`{x}` has no such time"),
        span,
        format!("lies outside of 0 to {}{when}", length.saturating_sub(1)),
    );
    let d = match of {
        Some(at) => d.also(at, format!("`{x}` has {length} times")),
        None => d,
    };
    d.help(format!(
        "times are counted from 0: the last one of `{x}` is {}; let the range of the statement stay inside",
        length.saturating_sub(1)
    ))
}

/// `z[-1]`
pub fn negative(span: Span, n: i64) -> Diag {
    Diag::new("E0604", format!("there is no time {n}"), span, "is before the first time")
        .help("times are counted from 0; the last of T times is T - 1")
}

/// `z[s - 1]` with a name that is no time.
pub fn unknown_place(word: &str, span: Span, index: Option<&str>) -> Diag {
    Diag::new("E0604", format!("`{word}` is no time here"), span, "does not say which element is read").help(
        match index {
            Some(t) => {
                format!("the time of this statement is called `{t}`: write `[{t}]`, `[{t} - 1]` or a number")
            }
            None => "write a number, or give the statement a time: `z[t in 1..16] ~ ..`".to_string(),
        },
    )
}

/// `z[2 * t]`
pub fn no_place(span: Span, index: Option<&str>) -> Diag {
    let t = index.unwrap_or("t");
    Diag::new("E0604", "this is no fixed look-back", span, "does not stay at one distance from the time")
        .help(format!("write `[{t}]`, `[{t} - 2]`, `[{t} + 1]` or a number"))
}
