//! E0708: a derivative that is 0 whatever the numbers are.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0708` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0708",
    title: "a derivative is 0 because nothing passes it",
    text: "\
`grad(f, x)` is the derivative of the sum of `f` in `x`. Any expression may stand for `x`: wherever the same expression is
written it is the same value, also through `let` and the arguments of a `fn`. Where `f` does not read `x`, or only through
something that is constant almost everywhere (rounding, a comparison, the slope of `relu`), the derivative is 0 whatever the
numbers are, and a penalty made of it does nothing. The same value written otherwise (`x * 2` for `2 * x`) is another expression: give
it a name.

Wrong:
    train { minimizes E[D(2 * x)^2] + E[sum(grad(D(2 * x), x * 2)^2)] }
Right:
    train {
      let u = 2 * x
      minimizes E[D(u)^2] + E[sum(grad(D(u), u)^2)]
    }
",
};

/// `f` does not read `x`, in which `grad(..)` at `span` differentiates it, or its value does not. `named`: `x` is a name. `other`: data or
/// a sample that stands in `f`.
pub fn not_read(
    (f, of): (&str, Span),
    (x, at): (&str, Span),
    named: bool,
    other: Option<&str>,
    span: Span,
) -> Diag {
    if other == Some(x) {
        let title = format!("the derivative of `{f}` in `{x}` is 0: it does not change with it");
        return place(Diag::new("E0708", title, span, "0 whatever the numbers are"), of, at)
            .note("what is linear has a constant derivative, whose own derivative is 0")
            .help(format!("leave the term out, or let what is differentiated be more than linear in `{x}`"));
    }
    let help = match (named, other) {
        (true, Some(other)) => format!("differentiate in what it reads: `grad({f}, {other})`"),
        (true, None) => format!("let `{f}` read `{x}`, or leave the term out"),
        (false, _) => format!(
            "name the value with `let u = {x}` and write `u` in both places, in what is differentiated and in what it is differentiated in: `grad(f(u), u)`"
        ),
    };
    place(
        Diag::new(
            "E0708",
            format!("the derivative of `{f}` in `{x}` is 0: it does not read it"),
            span,
            "0 whatever the numbers are",
        ),
        of,
        at,
    )
    .help(help)
}

/// `f` reads `x`, but no derivative passes. `kept`: what is kept of earlier updates, such as `average`, if that stands in `f`.
pub fn not_passed((f, of): (&str, Span), (x, at): (&str, Span), kept: Option<&str>, span: Span) -> Diag {
    let diag = place(
        Diag::new(
            "E0708",
            format!("the derivative of `{f}` in `{x}` is 0: none passes"),
            span,
            "0 whatever the numbers are",
        ),
        of,
        at,
    );
    if let Some(kept) = kept {
        return diag
            .note(format!("no derivative passes through `{kept}`, which is known from earlier updates"))
            .help(format!("differentiate what stands in `{kept}(..)`, or leave the term out"));
    }
    diag.note(
        "rounding, comparisons, choices among values and the slope of `relu` are constant almost everywhere",
    )
    .help("use smooth functions on the way, such as `softplus` or `tanh` for `relu`, or leave the term out")
}

/// The two places, where they are others than the call itself.
fn place(mut diag: Diag, of: Span, at: Span) -> Diag {
    let span = diag.primary.span;
    if of.file != span.file || of.start < span.start || of.end > span.end {
        diag = diag.also(of, "what is differentiated");
    }
    if at.file != span.file || at.start < span.start || at.end > span.end {
        diag = diag.also(at, "in what");
    }
    diag
}

/// `x` is a number as written: nothing can change in it.
pub fn of_number(x: &str, at: Span) -> Diag {
    Diag::new(
        "E0708",
        format!("a derivative in `{x}`, which is a number"),
        at,
        "nothing depends on it that could change",
    )
    .help("differentiate in data, a sample, a `param` or an expression of them: `grad(D(x), x)`")
}

/// The score of critic `name`, named at `at`, does not change with what it is given.
pub fn flat_critic(name: &str, at: Span) -> Diag {
    Diag::new(
        "E0708",
        format!("the derivative of `{name}` in its input is 0: none passes"),
        at,
        "differentiated in its input",
    )
    .help(format!("let `{name}` read its input through smooth layers, `dense(64), tanh`"))
}
