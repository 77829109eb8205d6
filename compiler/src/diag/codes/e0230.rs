//! E0230: weights of rows where a payoff is no mean over the rows.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0230` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0230",
    title: "weights of rows do not fit the goal",
    text: "\
`csv(.., weight: w)` says how much each row of a table counts: in the goal of training, a mean over the rows, and in the means of what is
measured. A goal that compares samples with data, or examples with each other, is no such mean, and of several data items it is not known
whose rows count.

Wrong:
    data x: Real[2] from csv(\"t.csv\", weight: w)
    train { minimizes E[softplus(-D(x))] + E[softplus(D(p.x))] }
Right:
    data x: Real[2] from csv(\"t.csv\", weight: w)
    model p { z ~ Normal(0, I)[2];  x = f(z) }
    train { minimizes nll(p) }
",
};

/// The payoff reads `what` at `at`; the weight is written at `weight`.
pub fn not_of_rows(what: &str, at: Span, weight: Span) -> Diag {
    Diag::new(
        "E0230",
        "rows with weights, and a goal that is no mean over the rows",
        at,
        format!("reads {what}"),
    )
    .also(weight, "says how much each row counts")
    .help("leave `weight` out, or train by `nll(p)`, `elbo(p, q)`, `iwae(p, q)` or `E[..]` of the data alone")
}

/// There is another data item beside the one with weights.
pub fn several_items(weight: Span, other: Span) -> Diag {
    Diag::new("E0230", "rows with weights, and several data items", weight, "says how much each row counts")
        .also(other, "whose rows have none of them")
        .help("leave `weight` out, or read all variables from the table: `data (x: .., y: ..) from csv(..)`")
}
