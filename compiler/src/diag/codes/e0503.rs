//! E0503: a bound that needs the density of a deterministic guide.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0503` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0503",
    title: "the guide has no density",
    text: "\
The ELBO, the IWAE bound and the KL divergence contain `log q(z)`. A site that is computed by a net puts all its mass on
one point and has no density. Either draw it, or compute it by a flow from something drawn, or train without the density:
an adversarial autoencoder lets a player tell `q.z` from `p.z`.

Wrong:
    guide q(x) { z = encode(x) }
    train { maximizes elbo(p, q) }
Right:
    guide q(x) { z ~ Normal(encode(x), 0.1) }
    train { maximizes elbo(p, q) }
",
};

/// Site `site` of `guide` is computed at `value`; the bound at `span` evaluates the density of `of`.
pub fn no_density(guide: &str, site: &str, value: Span, span: Span, of: &str) -> Diag {
    Diag::new(
        "E0503",
        format!("the ELBO needs the density of `{guide}.{site}`, and it has none"),
        span,
        format!("evaluates `log {guide}({of})`"),
    )
    .also(value, "computed, not drawn: all mass is on one point")
    .help(format!("draw it, `{site} ~ Normal(.., 0.1)`, or match `{guide}.{site}` to a sample of the model with a `player`"))
}
