//! E0502: a guide that leaves a latent site open.

use super::e0302;
use crate::diag::Diag;
use crate::span::Span;
use crate::types::event::Support;

/// What `gmc explain E0502` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0502",
    title: "the guide does not propose every latent site",
    text: "\
A lower bound on the likelihood takes an expectation over all sites that the data do not determine. The guide proposes
each of them, under the name that the model uses, with a distribution of the same range: a positive site needs a positive
proposal.

Wrong:
    model p { c ~ Gamma(2, 1)[4];  z ~ Normal(0, c);  x ~ Normal(decode(z), 1) }
    guide q(x) { (m, s) = encode(x);  z ~ Normal(m, exp(s)) }
Right:
    model p { c ~ Gamma(2, 1)[4];  z ~ Normal(0, c);  x ~ Normal(decode(z), 1) }
    guide q(x) { (m, s, u, v) = encode(x);  c ~ LogNormal(u, exp(v));  z ~ Normal(m, exp(s)) }
",
};

/// A proposal for a site of this range, in words: ``a positive proposal, for example `c ~ LogNormal(u, exp(v))` ``.
pub(super) fn proposal(site: &str, support: Support) -> String {
    match support {
        Support::Simplex => format!("a proposal of parts that sum to 1, for example `{site} ~ Dirichlet(exp(u))`"),
        s if s == Support::REALS => format!("a proposal, for example `{site} ~ Normal(m, exp(s))`"),
        s if s == Support::POSITIVE => format!("a positive proposal, for example `{site} ~ LogNormal(u, exp(v))`"),
        s if s == Support::UNIT => format!("a proposal between 0 and 1, for example `{site} ~ Beta(exp(u), exp(v))`"),
        Support::Interval { .. } => format!("a proposal among {}: `{site} ~ ..`", e0302::range(support)),
    }
}

/// Guide `guide` does not propose `site` of `model`; `covered` are the sites that it draws.
pub fn not_covered(guide: &str, span: Span, site: &str, site_span: Span, model: &str, covered: &[&str], support: Support) -> Diag {
    let label = match covered {
        [] => "draws nothing".to_string(),
        [one] => format!("covers only `{one}`"),
        _ => format!("covers only `{}`", covered.join("`, `")),
    };
    Diag::new("E0502", format!("guide `{guide}` does not propose `{site}`"), span, label)
        .also(site_span, format!("latent site of `{model}`"))
        .help(format!("add {}", proposal(site, support)))
}

/// Guide `guide` draws `site`, which `model` does not have.
pub fn not_in_model(guide: &str, site: &str, span: Span, model: &str, model_span: Span) -> Diag {
    Diag::new("E0502", format!("guide `{guide}` draws `{site}`, which is no site of `{model}`"), span, "a proposal for nothing")
        .also(model_span, format!("has no site `{site}`"))
        .note("a bound compares each draw of the guide with the model's density of the same site")
        .help(format!("draw `{site}` in `{model}` too, rename it, or compute it: `{site} = ..`"))
}
