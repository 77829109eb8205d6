//! E0228: other examples of the minibatch, and what is kept of earlier ones.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0228` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0228",
    title: "other examples have no place here",
    text: "\
A payoff says something of one example, `x` and what is drawn for it, such as `q.z`. `x'` and `q'.z` are the same quantities for
another example of the minibatch, and `E'[..]` is the mean over all those others: one number for each example, of which `log` or `E[..]` may be taken.
So `E[E'[k(q.z, q'.z)]]` is the mean of `k` over all pairs, and `log(E'[exp(log q(q.z | x'))])` estimates the logarithm of the density of `q.z`
whatever the datum. `average(e, 0.99)` is a slow value: it takes what is the same for all examples. `replay(e, 50)` is a pool of
earlier examples: it takes what differs between them.

Wrong:
    train { minimizes E[(q.z - q'.z)^2] }
Right:
    train { minimizes E[E'[(q.z - q'.z)^2]] }
",
};

/// `of'` stands outside of any `E'[..]`.
pub fn outside(of: &str, span: Span) -> Diag {
    Diag::new(
        "E0228",
        "a prime stands for another example, and here is only one",
        span,
        format!("another `{of}`, but which?"),
    )
    .help("write what reads it into a mean over the other examples: `E'[..]`")
}

/// `of'` stands in an `E'[..]`, yet inside of `call`, which is about one example.
pub fn inside(of: &str, call: &str, span: Span) -> Diag {
    Diag::new(
        "E0228",
        format!("a prime stands for another example, and `{call}` takes what is of one"),
        span,
        format!("another `{of}`"),
    )
    .help(format!(
        "name what `{call}` yields of one example, `let g = {call}(..)`, and write `g'` for that of another"
    ))
}

/// `of'` is the same for every example.
pub fn same_for_all(of: &str, span: Span) -> Diag {
    Diag::new("E0228", format!("`{of}` is the same for every example"), span, "so there is no other one")
        .help("leave out the prime")
}

/// Nothing in `E'[..]` reads another example.
pub fn no_other(span: Span) -> Diag {
    Diag::new("E0228", "this reads no other example", span, "is the same whichever the other example is")
        .help("mark what belongs to the other example with a prime, as `q'.z` or `x'`, or write `E[..]`")
}

/// `average` of what differs between examples.
pub fn average_of_examples(span: Span) -> Diag {
    Diag::new("E0228", "`average` keeps one value for all examples", span, "differs from example to example")
        .help("take the mean over the examples first: `average(E[..], 0.99)`, or of each element `average(batch_mean(..), 0.99)`")
}

/// `replay` of what does not differ between examples.
pub fn nothing_to_replay(span: Span) -> Diag {
    Diag::new("E0228", "`replay` keeps examples", span, "is the same for every example")
        .help("give it what differs between examples, such as a sample `p.x`")
}
