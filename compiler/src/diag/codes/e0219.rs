//! E0219: rows of two data items are needed as pairs.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0219` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0219",
    title: "rows of two data items are not paired",
    text: "\
Every `data` item is a stream of its own, shuffled by itself: row 5 of one has nothing to do with row 5 of another, not even where both
come from one file. A model of one given the other, a guide that reads both, or a loss that compares them row by row needs pairs: one item with
several variables. Streams that stay apart are right where each is used by itself, as in a CycleGAN.

Wrong:
    data x: Real[2] from csv(\"t.csv\", columns: [\"a\", \"b\"])
    data y: Class(3) from csv(\"t.csv\", columns: [\"y\"])
    net h(y: Class(3)) -> Real[2] { dense(2) }
    model p(y) { x ~ Normal(h(y), 1) }
Right:
    data (x: Real[2], y: Class(3)) from csv(\"t.csv\", columns: [\"a\", \"b\"], label: \"y\")
    net h(y: Class(3)) -> Real[2] { dense(2) }
    model p(y) { x ~ Normal(h(y), 1) }
",
};

/// What stands at `at` needs rows of two variables as pairs: of each its name, its type and its place; `source` is that of the first.
pub fn unpaired(
    at: Span,
    (a, (a_ty, a_at)): (&str, &(String, Span)),
    (b, (b_ty, b_at)): (&str, &(String, Span)),
    source: &str,
) -> Diag {
    Diag::new("E0219", format!("`{a}` and `{b}` are two data items, whose rows are not pairs"), at, "needs a row of each that belong together")
        .also(*a_at, format!("`{a}` is a stream of its own"))
        .also(*b_at, format!("`{b}` is another"))
        .help(format!(
            "where rows belong together, declare them as one item: `data ({a}: {a_ty}, {b}: {b_ty}) from {source}(..)`; where they do not, average what is computed of each by itself, `E[..]`"
        ))
}
