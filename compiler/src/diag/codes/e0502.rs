//! E0502: a guide that leaves a latent site open, or proposes one that is not.

use super::e0302;
use crate::diag::Diag;
use crate::event::Support;
use crate::span::Span;

/// What `gmc explain E0502` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0502",
    title: "the guide proposes too little or too much",
    text: "\
A lower bound on the likelihood takes an expectation over all sites that the data do not determine. The guide proposes
each of them, under the name that the model uses, with a distribution of the same range: a positive site needs a positive
proposal. It proposes nothing else: no data, and no site that follows from the data and its other proposals.

Wrong:
    model p { c ~ Gamma(2, rate: 1)[4];  z ~ Normal(0, c);  x ~ Normal(decode(z), 1) }
    guide q(x) { (m, s) = encode(x);  z ~ Normal(m, exp(s)) }
Right:
    model p { c ~ Gamma(2, rate: 1)[4];  z ~ Normal(0, c);  x ~ Normal(decode(z), 1) }
    guide q(x) { (m, s, u, v) = encode(x);  c ~ LogNormal(u, exp(v));  z ~ Normal(m, exp(s)) }
",
};

/// A proposal for a site of this range, in words: ``a positive proposal, for example `c ~ LogNormal(u, exp(v))` ``.
pub(super) fn proposal(site: &str, support: Support) -> String {
    match support {
        Support::Simplex { .. } => {
            format!("a proposal of parts that sum to 1, for example `{site} ~ Dirichlet(exp(u))`")
        }
        Support::REALS => format!("a proposal, for example `{site} ~ Normal(m, exp(s))`"),
        s if s.alike(Support::POSITIVE) => {
            format!("a positive proposal, for example `{site} ~ LogNormal(u, exp(v))`")
        }
        s if s.alike(Support::UNIT) => {
            format!("a proposal between 0 and 1, for example `{site} ~ Beta(exp(u), exp(v))`")
        }
        Support::Interval(_) => format!("a proposal among {}: `{site} ~ ..`", e0302::range(support)),
    }
}

/// A guide does not propose a site of `model`; `covered` are the sites that it draws.
pub fn not_covered(
    (guide, span): (&str, Span),
    (site, site_span): (&str, Span),
    model: &str,
    covered: &[&str],
    support: Support,
) -> Diag {
    let label = match covered {
        [] => "draws nothing".to_string(),
        [one] => format!("covers only `{one}`"),
        _ => format!("covers only `{}`", covered.join("`, `")),
    };
    Diag::new("E0502", format!("guide `{guide}` does not propose `{site}`"), span, label)
        .also(site_span, format!("latent site of `{model}`"))
        .help(format!("add {}", proposal(site, support)))
}

/// Guide `guide` proposes `site`, which is data of `model`.
pub fn proposes_data(guide: &str, site: &str, span: Span, model: &str, of: Span) -> Diag {
    Diag::new(
        "E0502",
        format!("guide `{guide}` proposes `{site}`, which is data"),
        span,
        "nothing is open here",
    )
    .also(of, format!("observed in `{model}`"))
    .note("a guide stands for what is not known; the value of a data site is")
    .help(format!("remove this line, or rename it if `{site}` here means something else"))
}

/// Guide `guide` proposes `site`, which data and other proposals, `others`, fix already.
pub fn already_fixed(guide: &str, site: &str, span: Span, model: &str, of: Span, others: &[String]) -> Diag {
    let from: Vec<String> = others.iter().map(|n| format!("`{n}`")).collect();
    let from = match from.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => "what is known".to_string(),
    };
    Diag::new("E0502", format!("guide `{guide}` proposes `{site}`, which has no freedom left"), span, "nothing is open here")
        .also(of, format!("follows from {from} in `{model}`"))
        .note("the guide would draw one value while the model takes another, and their difference is no bound")
        .help(format!(
            "remove this line: a guide draws only what the data and its other draws leave open; to read it, compute it as `{model}` does"
        ))
}

/// Guide `guide` draws `site`, which `model` does not have.
pub fn not_in_model(guide: &str, site: &str, span: Span, model: &str, model_span: Span) -> Diag {
    Diag::new(
        "E0502",
        format!("guide `{guide}` draws `{site}`, which is no site of `{model}`"),
        span,
        "a proposal for nothing",
    )
    .also(model_span, format!("has no site `{site}`"))
    .note("a bound compares each draw of the guide with the model's density of the same site")
    .help(format!("draw `{site}` in `{model}` too, rename it, or compute it: `{site} = ..`"))
}
