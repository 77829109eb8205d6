//! W0508: a guide that takes no part in training.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain W0508` prints.
pub const PAGE: super::Page = super::Page {
    code: "W0508",
    title: "a guide takes no part in training",
    text: "\
A guide is trained by what compares it with a model, such as `elbo(p, q)` or `kl(q, p)`, or by a payoff that reads
its samples. Where no objective is written and the density of the model is exact, as when a class is summed over, the
objective is `nll(p)`, which needs no guide: its nets keep the weights that they start with.

Wrong:
    model p { k ~ Categorical(logits: free(4));  x ~ Bernoulli(logits: decode(k)) }
    guide q(x) { k ~ Categorical(logits: encode(x)) }
    train { epochs 10 }
Right:
    model p { k ~ Categorical(logits: free(4));  x ~ Bernoulli(logits: decode(k)) }
    guide q(x) { k ~ Categorical(logits: encode(x)) }
    train { maximizes elbo(p, q)  epochs 10 }
",
};

/// No objective reads `guide`. `summed`: the model that sums over all values of a site of the guide, the site's name and place.
pub fn idle(guide: &str, span: Span, summed: Option<(&str, &str, Span)>) -> Diag {
    let diag = Diag::new(
        "W0508",
        format!("guide `{guide}` takes no part in training"),
        span,
        "no objective reads it",
    );
    match summed {
        Some((model, site, at)) => diag
            .also(at, format!("`{model}` sums over all values of `{site}`, which needs no guide"))
            .help(format!("remove `{guide}`, or write `maximizes elbo({model}, {guide})` to train both")),
        None => diag.help(format!("remove `{guide}`, or name it in an objective, as in `elbo(p, {guide})`")),
    }
}
