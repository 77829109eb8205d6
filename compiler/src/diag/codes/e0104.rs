//! E0104: `target += ..` of Stan.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0104` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0104",
    title: "there is no `target` to add to",
    text: "\
The log density of a model is the sum over its sites, and the compiler writes it down. A further term belongs to the
payoff of a player, in `train`.

Wrong:
    model p { z ~ Normal(0, I)[2];  target += -l1(z) }
Right:
    model p { z ~ Normal(0, I)[2];  x ~ Normal(decode(z), 0.1) }
    train { maximizes elbo(p, q) - E[l1(q.z)] }
",
};

/// `target += term`.
pub fn target(span: Span, term: &str) -> Diag {
    Diag::new("E0104", "a model has no `target`", span, "the log density is derived from the sites").help(
        format!(
            "draw a site for it, or add the term to a payoff: `train {{ maximizes elbo(p, q) + E[{term}] }}`"
        ),
    )
}
