//! W0710: a mean over elements added to a sum over them.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain W0710` prints.
pub const PAGE: super::Page = super::Page {
    code: "W0710",
    title: "a mean over elements is added to a sum",
    text: "\
`mse(a, b)` is a mean over the batch and over all elements of an event; `kl(q, p)`, `elbo(p, q)` and log densities are sums over all elements of
their sites. Added up as they are, one pixel of 64 counts as much as the whole divergence, which then outweighs the reconstruction as a
beta of 64 would: the code dies. Sum over the elements, or write the weight that is meant.

Wrong:
    train { minimizes mse(decode(q.z), x) + kl(q, p) }
Right:
    train { minimizes sse(decode(q.z), x) + kl(q, p) }
",
};

/// The term at `mean` averages over `elements`; `sum`, a text and its place, is a sum and weighs `times` as much as it would beside a sum.
pub fn outweighs(mean: Span, elements: usize, (sum, sum_at): (&str, Span), times: f64) -> Diag {
    let times =
        if times >= 10.0 || times.fract() == 0.0 { format!("{times:.0}") } else { format!("{times:.1}") };
    Diag::new("W0710", format!("a mean over {elements} elements is added to a sum"), mean, format!("a mean: of the scale of one element of {elements}"))
        .also(sum_at, "a sum over all elements of its sites")
        .note(format!("beside a sum over the {elements} elements `{sum}` would have to be weighed with {times} to count as much"))
        .help(format!("sum over the elements as well, as `sse(a, b)` or `E[sum(..)]` does, or weigh the sum: `{sum} / {elements}`"))
}
