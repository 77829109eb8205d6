//! E0115: a clause of `train` that is said twice, or that belongs to a player and has none.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0115` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0115",
    title: "a clause of `train` is repeated or misplaced",
    text: "\
A player says once what it owns, what it wants and with which optimizer, between its braces; `train` has one goal outside of players.

Wrong:
    train { minimizes nll(p)  minimizes l1(x) }
Right:
    train { minimizes nll(p) + 0.1 * l1(x) }
",
};

/// `what` stands at `first` and again at `second`.
pub fn twice(what: &str, first: Span, second: Span, help: &str) -> Diag {
    Diag::new("E0115", format!("`train` has two {what}"), second, "said again")
        .also(first, "said here")
        .help(help)
}

/// `within` stands outside of a player.
pub fn within(span: Span) -> Diag {
    Diag::new("E0115", "`within` constrains no player", span, "stands in no player").help(
        "put it into the braces of a player: `player critic { owns D  maximizes ..  within clip(0.01) }`",
    )
}

/// A player whose goal is missing; `span` is its name.
pub fn goal(name: &str, span: Span) -> Diag {
    Diag::new("E0115", format!("player `{name}` has no goal"), span, "wants nothing")
        .help("say what it wants, between its braces: `maximizes ..` or `minimizes ..`")
}

/// A player that does not say what it owns; `span` is its name.
pub fn owns(name: &str, span: Span) -> Diag {
    Diag::new("E0115", format!("player `{name}` owns nothing"), span, "trains no net")
        .help("say what it trains, between its braces: `owns f`, or `owns f, g`")
}
