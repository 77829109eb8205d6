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

A net or flow by itself is a map: it says nothing about how data arise, so it has neither samples nor a density. An
autoencoder, nets without a `model`, is trained with a loss and asked for codes and reconstructions.

Wrong:
    model p { z ~ Normal(0, I)[128];  x = G(z) }
    train { minimizes nll(p) }
Right:
    model p { z ~ Normal(0, I)[128];  x = G(z) }
    train {
      player critic { owns D  maximizes E[D(x)] - E[D(p.x)] }
      player maker  { owns G  maximizes E[D(p.x)] }
    }
",
};

/// Site `site` of `model` is computed at `value`; what stands at `span` evaluates its density: `what`. `how` it is computed (`computed by a
/// net`), and the change that would give it a density.
pub fn no_density(
    model: &str,
    site: &str,
    span: Span,
    value: Span,
    what: &str,
    (how, change): (&str, &str),
) -> Diag {
    Diag::new("E0706", format!("`{model}.{site}` has no density"), span, what)
        .also(value, format!("{how}, so `{site}` has samples but no density"))
        .help(format!("{change}, add noise, `{site} ~ Normal(.., 0.1)`, and a guide, or add a `player`"))
}

/// `name`, a net from shape `reads` declared at `declared`, stands where a model must.
pub fn of_net(name: &str, span: Span, declared: Span, reads: &str) -> Diag {
    Diag::new("E0706", format!("`{name}` is a net: it has no density, and nothing to sample"), span, "a model is needed here")
        .also(declared, "maps values to values, and says nothing about how data arise")
        .help(format!(
            "train nets with a loss, `minimizes mse(decode(encode(x)), x)`, or say how data arise, `model p {{ z ~ Normal(0, I){reads};  x ~ Normal({name}(z), 0.1) }}`, with a guide for `z`"
        ))
}

/// `name`, a flow declared at `declared`, stands where a model must.
pub fn of_flow(name: &str, span: Span, declared: Span) -> Diag {
    Diag::new("E0706", format!("`{name}` is a flow: a density is that of what it is applied to"), span, "a model is needed here")
        .also(declared, "maps values to values, and says nothing about what it starts from")
        .help(format!("say what it starts from, `model p {{ z ~ Normal(0, I)[2];  x = {name}(z) }}`, and name the model: `nll(p)`"))
}

/// `name` stands where a model must, in a spec that has none.
pub fn no_model(name: &str, span: Span) -> Diag {
    Diag::new("E0706", "without a `model` there is nothing to sample, and no density", span, format!("no model, and nothing called `{name}`"))
        .help(format!(
            "say how data arise, `model {name} {{ z ~ Normal(0, I)[8];  x ~ Normal(decode(z), 0.1) }}`, or train nets with a loss: `minimizes mse(decode(encode(x)), x)`"
        ))
}
