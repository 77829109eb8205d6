//! E0512: an objective that is written out says something that the model and the guide have no number for.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0512` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0512",
    title: "an objective that is written out does not fit the model and the guide",
    text: "\
An objective may be written as mathematics: `E_q[log p(x | z)] - KL(q(z | x) || p(z))` is `elbo(p, q)`. `E_q[..]` averages over the draws of a
guide, whose sites go by their names inside. In `KL(q(z | x) || p(z))` the guide stands first: the average is over its draws, and the model has
no draws of `z` given `x`. Both sides are densities of the same sites, which `q` draws and the data leave open in `p`. What a side depends on is
given behind its bar: without `| x` the density `q(z)` would be an average over all data, which nobody knows. `gmc explain SPEC` prints the
objective of a spec in this form.

Wrong:
    train { maximizes E_q[log p(x | z)] - KL(p(z) || q(z | x)) }
Right:
    train { maximizes E_q[log p(x | z)] - KL(q(z | x) || p(z)) }
",
};

/// `E_p[..]` of a model, declared at `declared`.
pub fn average_of_model((p_name, at): (&str, Span), declared: Span) -> Diag {
    Diag::new(
        "E0512",
        format!("`E_{p_name}[..]` averages over the draws of a guide, and `{p_name}` is a model"),
        at,
        "no guide",
    )
    .also(declared, "declared as a model")
    .help(format!("name a guide, `E_q[..]`; or average over samples of the model: `E[..]` with `{p_name}.z` in place of `z`"))
}

/// The sides of a KL are the wrong way round, or of two models or two guides: `first` and `second`, whole as they are written.
pub fn sides(first: (Span, bool), second: (Span, bool), span: Span, turned: &str) -> Diag {
    let is = |guide: bool| if guide { "a guide" } else { "a model" };
    let said = Diag::new(
        "E0512",
        "a KL divergence is that of a guide from a model, in this order",
        span,
        "no such divergence",
    )
    .also(first.0, is(first.1))
    .also(second.0, is(second.1));
    match (first.1, second.1) {
        (false, true) => said.help(format!(
            "turn it round: `{turned}`; the other direction would need draws of the model given the data, which it has not"
        )),
        _ => said.help("write the guide first and the model second: `KL(q(z | x) || p(z))`"),
    }
}

/// The two sides of a KL are of different sites.
pub fn different_sites(q: (&str, Span), p: (&str, Span), span: Span) -> Diag {
    Diag::new(
        "E0512",
        "the two sides of a KL divergence are densities of the same sites",
        span,
        "these differ",
    )
    .also(q.1, format!("of `{}`", q.0))
    .also(p.1, format!("of `{}`", p.0))
    .help("name the sites that the guide draws, and the model too, on both sides: `KL(q(z | x) || p(z))`")
}

/// Site `z` is data of the model, or is no site that the guide proposes.
pub fn not_proposed(z: &str, span: Span, data: bool, q: &str, proposed: &[String]) -> Diag {
    let why = if data { "is data, which no guide draws" } else { "is not drawn by the guide" };
    let help = match proposed.is_empty() {
        true => format!("`{q}` draws no site of the model"),
        false => format!("name what `{q}` draws of the model: `{}`", proposed.join("`, `")),
    };
    Diag::new("E0512", format!("`{z}` has no KL divergence"), span, why).help(help)
}

/// The density of a side depends on `missing`, which is not given; `right` is how it is written.
pub fn not_given(side: &str, span: Span, missing: &[String], right: &str) -> Diag {
    let names = missing.join("`, `");
    Diag::new("E0512", format!("`{side}` depends on `{names}`"), span, format!("`{names}` is not given"))
        .help(format!("say so behind a bar: `{right}`"))
}

/// What stands between the sides of a KL is not `||`.
pub fn bars(sign: Span) -> Diag {
    Diag::new("E0512", "the sides of a KL divergence stand apart by `||`", sign, "another sign")
        .help("write two bars: `KL(q(z | x) || p(z))`")
}

/// `x[j]` under `sum_{i in ..}`.
pub fn index(span: Span, (index, at): (&str, Span)) -> Diag {
    Diag::new("E0512", format!("the sum is over `{index}`"), span, "another index")
        .also(at, "this index")
        .help(format!("use one index everywhere: `p(x[{index}] | x[< {index}])`"))
}

/// A sum over an order in which the model does not draw site `x`; `order` is its own, if it has one.
pub fn order(x: &str, span: Span, order: Option<&str>, p: &str) -> Diag {
    let said = Diag::new("E0512", format!("`{p}` does not draw `{x}` in this order"), span, "another order");
    match order {
        Some(o) => said.help(format!("write the order of the site: `sum_{{i in {o}}}`")),
        None => said.help(format!("`{x}` is drawn as a whole: leave the sum out, `log {p}({x} | ..)`")),
    }
}

/// A mean of weights that is not that of a bound.
pub fn weights(span: Span) -> Diag {
    Diag::new("E0512", "a mean of weights belongs into the average over its guide", span, "stands alone")
        .help("write `E_q[log mean_{5} p(x, z) / q(z | x)]`, with all sites of the model that the guide draws, and the data; or `iwae(p, q, k: 5)`")
}

/// `free` or `form` of a KL that stands beside no `E_q[log p(x | z)]` of the same guide and model.
pub fn alone(argument: &str, value: Span, kl: Span) -> Diag {
    Diag::new(
        "E0512",
        format!("`{argument}` of a KL counts in a bound only"),
        value,
        "says how a bound is taken",
    )
    .also(kl, "is no part of a bound")
    .help(format!(
        "put the data beside it without a factor, `E_q[log p(x | z)] - KL(..)`, or leave `{argument}` out"
    ))
}
