//! E0701: a net with two owners.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0701` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0701",
    title: "a net is owned by two players",
    text: "\
Each net, flow or param is changed by exactly one player. That a payoff reads a net does not require owning it: gradients
pass through the nets of others, whose parameters are constants for this player.

Wrong:
    train {
      player auto  { owns encode, decode, judge  minimizes -E[log p(x | q.z)] }
      player rival { owns judge                  minimizes E[softplus(judge(q.z))] }
    }
Right:
    train {
      player auto  { owns encode, decode  minimizes -E[log p(x | q.z)] }
      player rival { owns judge           minimizes E[softplus(judge(q.z))] }
    }
",
};

/// `name` is owned at `first` by `player`, and again at `span`.
pub fn owned_twice(name: &str, span: Span, first: Span, player: &str) -> Diag {
    Diag::new("E0701", format!("`{name}` is owned by two players"), span, "owned again")
        .also(first, "first owner")
        .help(format!(
            "remove it from `{player}`; a player still receives gradients through nets it does not own"
        ))
}
