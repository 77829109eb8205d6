//! E0509: a density that is no product of a model's factors.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0509` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0509",
    title: "this density is not a factor of the model",
    text: "\
A model is a product of factors, one for each draw given what the draw reads: `p(w)`, `p(z | w)`, `p(x | z)`. `log p(..)` is the sum of
the logarithms of some of them. Of a site given one that comes about from it, as `w` given `z` here, the model has no formula: that is a posterior,
which a guide approximates. What is given may hold sites that do not matter: those of which the targets are independent.

Wrong:
    model p { w ~ Normal(0, I)[4];  z ~ Normal(f(w), 1);  x ~ Bernoulli(logits: g(z)) }
    train { maximizes elbo(p, q) + E[log p(q.w | q.z)] }
Right:
    model p { w ~ Normal(0, I)[4];  z ~ Normal(f(w), 1);  x ~ Bernoulli(logits: g(z)) }
    train { maximizes elbo(p, q) + E[log p(q.z | q.w)] }
",
};

/// The factors of a model, in a sentence.
pub(super) fn factors_of(model: &str, factors: &[String]) -> String {
    let count = if factors.len() == 1 { "the factor" } else { "the factors" };
    format!("`{model}` has {count} {}", super::e0501::list(factors))
}

/// `given`, at `given_at` in `model`, comes about from `target`, whose density is asked for at `at`; `span` is the whole density.
pub fn descends(
    model: &str,
    (given, given_at): (&str, Span),
    (target, at): (&str, Span),
    span: Span,
    factors: &[String],
) -> Diag {
    Diag::new(
        "E0509",
        format!("the density of `{target}` given `{given}` is not a factor of `{model}`"),
        at,
        format!("`{given}` comes about from `{target}`, not `{target}` from `{given}`"),
    )
    .also(given_at, format!("reads `{target}`, or what comes about from it"))
    .also(span, "asked for here")
    .note(factors_of(model, factors))
    .help(format!(
        "leave `{given}` out, or ask for both together, `log {model}({target}, {given} | ..)`; a guide's density approximates a posterior: `log q({target} | ..)`"
    ))
}

/// `target` has no freedom left: the other targets at `at` fix it.
pub fn fixed(model: &str, target: &str, at: Span, declared: Span, factors: &[String]) -> Diag {
    Diag::new("E0509", format!("`{target}` has no density given the other values"), at, "fixed by them")
        .also(declared, "one is computed from the other")
        .note(factors_of(model, factors))
        .help(format!("leave one of them out of `log {model}(..)`"))
}

/// `name` is a condition of `model`: no density is said of it.
pub fn condition(model: &str, name: &str, at: Span, factors: &[String]) -> Diag {
    Diag::new("E0509", format!("`{model}` has no density of its condition `{name}`"), at, "given, not drawn")
        .note(factors_of(model, factors))
        .help(format!("put it behind the bar, `log {model}(.. | {name})`, or draw it in the model"))
}

/// One site stands twice in a density.
pub fn twice(name: &str, span: Span, first: Span) -> Diag {
    Diag::new("E0509", format!("`{name}` has two values in one density"), span, "given again")
        .also(first, "given first")
        .help("write each site once, before the bar or behind it")
}
