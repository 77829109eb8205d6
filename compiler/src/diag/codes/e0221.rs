//! E0221: an expectation of several numbers for each example.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0221` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0221",
    title: "`E[..]` takes one number for each example",
    text: "\
`E[e]` is the mean over the examples of a batch, and over nothing else. Where `e` is several numbers for each example, such as the squared error
of every pixel, it must be said how they become one. `sum(e)` adds them up: so do a log-likelihood and a KL divergence, and what is added to them
should. `mean(e)` averages them, which for 64 pixels is 64 times less. A mean where a sum belongs is the commonest fault of variational
autoencoders that are written by hand: beside it the KL weighs 64 times as much, and the code dies. `mse(a, b)` and `l1(a, b)` are means,
`sse(a, b)` is a sum.

Wrong:
    train { minimizes E[(decode(encode(x)) - x)^2] }
Right:
    train { minimizes E[sum((decode(encode(x)) - x)^2)] }
",
};

/// Longest expression that is shown with the fix around it.
const SHOWN: usize = 40;

/// The expression at `span` is `count` numbers for each example, of event shape `shape`; `text` is how it is written there. Its fix keeps what
/// `E[..]` meant when it took several numbers, their mean.
pub fn several(span: Span, count: usize, shape: &str, text: Option<&str>) -> Diag {
    let (before, behind) = (Span { end: span.start, ..span }, Span { start: span.end, ..span });
    said(span, count, shape, text).edit(before, "mean(").edit(behind, ")")
}

fn said(span: Span, count: usize, shape: &str, text: Option<&str>) -> Diag {
    let e = text.filter(|t| t.chars().count() <= SHOWN).unwrap_or("..");
    if count == 1 {
        return Diag::new(
            "E0221",
            "`E[..]` takes one number for each example, and this is a list of one",
            span,
            format!("shape {shape}"),
        )
        .help(format!(
            "take the number out of the list: `E[sum({e})]`; a net that ends with `scalar` yields a number"
        ));
    }
    Diag::new(
        "E0221",
        format!("`E[..]` takes one number for each example, and this is {count}"),
        span,
        format!("shape {shape}: {count} numbers for each example"),
    )
    .help(format!(
        "say how they become one: `E[sum({e})]` adds them up, as a log-likelihood and a KL do; `E[mean({e})]` averages them, which is {count} times less"
    ))
}
