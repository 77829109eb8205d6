//! E0703: a player whose nets do not reach its payoff.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0703` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0703",
    title: "a player cannot change its payoff",
    text: "\
A player improves its payoff by changing the nets that it owns. If the payoff does not depend on any of them, every
gradient is zero and nothing is learned. Most often data stand where a sample of the model was meant.

Wrong:
    train { player maker { owns G  maximizes E[D(x)] } }
Right:
    train { player maker { owns G  maximizes E[D(p.x)] } }
",
};

/// The only goal, at `payoff`, depends on no net, flow or param at all.
pub fn nothing_to_train(payoff: Span) -> Diag {
    Diag::new("E0703", "training cannot change the goal", payoff, "does not depend on any net, flow or param")
        .help("let the goal read a net, or a model that uses one: `minimizes mse(decode(encode(x)), x)`")
}

/// `player` owns `net` and nothing that reaches `payoff`; `why` is ``does not depend on `G`: `x` is data``, `sample` the model
/// and site to read instead.
pub fn cannot_change(
    player: &str,
    net: &str,
    net_span: Span,
    payoff: Span,
    why: &str,
    sample: Option<(&str, &str)>,
) -> Diag {
    let help = match sample {
        Some((model, x)) => format!("read a sample of the model, `{model}.{x}`, in place of `{x}`"),
        None => format!(
            "let the payoff read `{net}`, for example through a sample of the model, `p.x`; or give `{net}` to another player"
        ),
    };
    Diag::new("E0703", format!("player `{player}` cannot change its payoff"), payoff, why)
        .also(net_span, "its only parameters")
        .help(help)
}
