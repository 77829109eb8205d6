//! E0702: players that can't be set up.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0702` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0702",
    title: "the players do not make a game",
    text: "\
Training has either one goal, for everything, or players, each with its own goal and the nets, flows and params it owns.
Models, guides, data and functions hold no parameters of their own, so they are not owned.

Wrong:
    train { player maker { owns p  maximizes E[D(p.x)]  minimizes nll(p) } }
Right:
    train { player maker { owns G  maximizes E[D(p.x)] - 0.1 * nll(p) } }
",
};

/// `name`, declared as a `what` at `declared`, stands in `owns`.
pub fn cannot_own(name: &str, what: &str, span: Span, declared: Span) -> Diag {
    let help = match what {
        "model" | "guide" => format!(
            "own the nets, flows and params that `{name}` uses, by their names (`{name}` itself can be owned where it has a `free(..)`)"
        ),
        _ => "own nets, flows and params, by their names".to_string(),
    };
    Diag::new("E0702", format!("a player cannot own `{name}`"), span, "has no parameters of its own")
        .also(declared, format!("declared as `{what}`"))
        .help(help)
}

/// A goal outside of players, besides players.
pub fn goal_and_players(goal: Span, player: Span) -> Diag {
    Diag::new("E0702", "a goal belongs to no player", goal, "stands outside of the players")
        .also(player, "the first of the players")
        .help("write it into a player, `player name { owns f  minimizes .. }`, or remove the players")
}
