//! W0511: a density without an upper end on data that repeat.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain W0511` prints.
pub const PAGE: super::Page = super::Page {
    code: "W0511",
    title: "a density on the reals has no upper end on data that repeat",
    text: "\
A density of real numbers may be as large as one likes at single points, if it is narrow enough around them. Data of few values, a
constant element, or an element that follows from others lie on such points: training narrows the density around them, the negative
log-likelihood falls without end, and the number at the end says how long was trained, not how good the model is. Levels and counts have
probabilities, not densities: declare them `Int(n)`, with `quantize(..)` where a flow makes them, or as a `Class`. A constant element, and one
that follows from others, holds no information: leave it out. Or let the width have a lower end, as in `softplus(s) + 0.1`.

Wrong:
    data x: Real[64] from digits              # 17 grey levels
    flow f: Real[64] <-> Real[64] { repeat 4 as k { couple(parity(k), affine) { dense(64), relu } } }
    model p { z ~ Normal(0, I)[64];  x = f(z) }
Right:
    data x: Int(17)[64] from digits
    flow f: Real[64] <-> Real[64] { repeat 4 as k { couple(parity(k), affine) { dense(64), relu } } }
    model p { z ~ Normal(0, I)[64];  x = quantize(f(z)) }
",
};

/// The density of a site, which `by` narrows where it stands, on data that repeat; `facts`: what repeats, a sentence each, the first at
/// the declared type; `fixes`: what to do, without a full stop.
pub fn repeats(
    site: (&str, Span),
    by: &str,
    declared: Span,
    facts: (&str, &[String]),
    fixes: &[String],
) -> Diag {
    let (site, span) = site;
    let (first, more) = facts;
    let title = format!("the density of `{site}` has no upper end on these data");
    let diag = Diag::new("W0511", title, span, by).also(declared, first);
    let diag = more.iter().fold(diag, |diag, fact| diag.note(fact.clone()));
    diag.note("the longer such a density is trained, the lower its number falls, which then says nothing about the model")
        .help(fixes.join("; or "))
}
