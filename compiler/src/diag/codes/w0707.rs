//! W0707: one of the nets of a player does not reach its payoff.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain W0707` prints.
pub const PAGE: super::Page = super::Page {
    code: "W0707",
    title: "an owned net does not affect the payoff",
    text: "\
The player changes its other nets, but the gradient of its payoff in this one is zero, so it keeps its initial
parameters. Either the payoff lacks a term, or the net belongs to another player.

Wrong:
    train { player both { owns G, F  maximizes E[D(p.x)] } }
Right:
    train { player maker { owns G  maximizes E[D(p.x)] } }
",
};

/// The codebook `param` is read at `reads` by `nearest` only, for the vectors `z`, which passes it no derivative.
pub fn codebook(param: &str, declared: Span, reads: Span, z: &str) -> Diag {
    Diag::new("W0707", format!("`{param}` is never trained"), declared, "keeps its initial values")
        .also(reads, format!("`nearest` passes the derivative to its first argument, none to `{param}`"))
        .help(format!("add the term that moves the entries to the vectors that they replace: `+ E[codebook_loss({z}, {param})]`"))
}

/// `player` owns `net`, on which `payoff` does not depend.
pub fn no_influence(player: &str, net: &str, net_span: Span, payoff: Span) -> Diag {
    Diag::new("W0707", format!("`{net}` does not affect what `{player}` wants"), net_span, "never changes")
        .also(payoff, format!("does not depend on `{net}`"))
        .help(format!("add a term that reads `{net}`, or remove it from `owns`"))
}
