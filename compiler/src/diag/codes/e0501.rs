//! E0501: a model from which no training objective follows.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0501` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0501",
    title: "the model has no training objective",
    text: "\
What can be computed follows from the last statements of the model:
  x = f(z), f a flow       the density of the data is exact: nll(p), no more is needed
  x ~ D(f(z)), f a net     `z` is unobserved: add `guide q(x) { z ~ .. }` for a lower bound, elbo(p, q)
  x = f(z), f a net        samples but no density: a `player` must say what is wanted of them

Wrong:
    model p { z ~ Normal(0, I)[16];  x ~ Bernoulli(logits: decode(z)) }
    train { using adam(lr: 1e-3) }
Right:
    model p { z ~ Normal(0, I)[16];  x ~ Bernoulli(logits: decode(z)) }
    guide q(x) { (m, s) = encode(x);  z ~ Normal(m, exp(s)) }
    train { using adam(lr: 1e-3) }
",
};

/// `a`, `a` and `b`, `a`, `b` and `c`, each in backquotes.
pub(super) fn list(names: &[String]) -> String {
    match names {
        [] => "nothing".to_string(),
        [one] => format!("`{one}`"),
        [init @ .., last] => format!("`{}` and `{last}`", init.join("`, `")),
    }
}

/// The sites `open` of `model` are unobserved and there is no guide. `site` is the first of them; `x` the data site, and
/// `decoder` the net that it reads.
pub fn latent(
    model: &str,
    open: &[String],
    site: Span,
    x: &str,
    x_span: Span,
    decoder: Option<&str>,
) -> Diag {
    let first = open.first().map_or("z", String::as_str);
    let flow = match decoder {
        Some(d) => format!("make `{d}` a flow"),
        None => format!("compute `{x}` from `{first}` with a flow"),
    };
    let diag = Diag::new(
        "E0501",
        format!("`{model}` has no training objective"),
        site,
        format!("unobserved, and no flow determines it from `{x}`"),
    )
    .also(x_span, format!("observed as `data {x}`"));
    let diag = match open {
        [_, _, ..] => diag.note(format!("unobserved are {}", list(open))),
        [] | [_] => diag,
    };
    let draws: Vec<String> = open.iter().map(|z| format!("{z} ~ ..")).collect();
    diag.help(format!(
        "add `guide q({x}) {{ {} }}` for an ELBO, {flow}, or add a `player`",
        draws.join(";  ")
    ))
}

/// `nll(model)`, at `span`, of a model with unobserved sites; `guide` is a guide of the spec.
pub fn latent_nll(model: &str, open: &[String], span: Span, site: Span, guide: Option<&str>) -> Diag {
    let first = open.first().map_or("z", String::as_str);
    Diag::new(
        "E0501",
        format!("the likelihood of `{model}` cannot be computed exactly"),
        span,
        format!("would have to integrate over {}", list(open)),
    )
    .also(site, "unobserved, and no flow determines it from the data")
    .help(match guide {
        Some(q) => format!("write `maximizes elbo({model}, {q})`, a lower bound of it"),
        None => format!("add `guide q(x) {{ {first} ~ .. }}` and write `maximizes elbo({model}, q)`"),
    })
}

/// Data site `site` of `model` is computed at `value`, and no player says what is wanted. `how` it is computed (`computed by a net`), and
/// the change that would give it a density.
pub fn implicit(model: &str, span: Span, site: &str, value: Span, (how, change): (&str, &str)) -> Diag {
    Diag::new("E0501", format!("`{model}` has no training objective"), span, "nothing follows from samples alone")
        .also(value, format!("{how}, so `{site}` has samples but no density"))
        .help(format!("add a `player` with a payoff on `{model}.{site}`, {change}, or add noise, `{site} ~ Normal(.., 0.1)`, and a guide"))
}
