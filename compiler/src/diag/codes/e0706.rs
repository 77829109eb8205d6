//! E0706: a density of something that has samples only.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0706` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0706",
    title: "a sample has no density",
    text: "\
A net of noise, `x = G(z)`, yields samples; the density of `x` would need the inverse of `G`, which a net does not have,
or does not exist at all, since `z` has fewer elements than `x`. Likelihoods and bounds need a flow, or noise on `x`.

Wrong:
    model p { z ~ Normal(0, I)[128];  x = G(z) }
    train { minimizes nll(p) }
Right:
    model p { z ~ Normal(0, I)[128];  x = G(z) }
    train {
      player critic owns D maximizes E[D(x)] - E[D(p.x)]
      player maker  owns G maximizes E[D(p.x)]
    }
",
};

/// Site `site` of `model` is computed at `value`; what stands at `span` evaluates its density: `what`. `how` it is computed (`computed by a
/// net`), and the change that would give it a density.
pub fn no_density(model: &str, site: &str, span: Span, value: Span, what: &str, (how, change): (&str, &str)) -> Diag {
    Diag::new("E0706", format!("`{model}.{site}` has no density"), span, what)
        .also(value, format!("{how}, so `{site}` has samples but no density"))
        .help(format!("{change}, add noise, `{site} ~ Normal(.., 0.1)`, and a guide, or add a `player`"))
}
