//! E0116: a spelling of the first edition of the language.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0116` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0116",
    title: "the clauses of a player stand outside of its braces",
    text: "\
What a player has for itself stands between its braces, in any order: what it owns, its goal, its optimizer, how often it moves, a
constraint of its weights. What stands beside players, `batch`, `epochs`, `clip` .., holds for all of them. In the first edition of the
language the clauses stood behind the player's name, where a setting of `train` could be taken for the player's.
`gmc fmt --upgrade FILE` puts the braces in.

Wrong:
    train {
      player critic owns D maximizes E[D(x)] - E[D(p.x)] using adam(lr: 1e-4) steps 5
      player maker  owns G maximizes E[D(p.x)]           using adam(lr: 1e-4)
      batch 128
    }
Right:
    train {
      player critic { owns D  maximizes E[D(x)] - E[D(p.x)]  using adam(lr: 1e-4)  steps 5 }
      player maker  { owns G  maximizes E[D(p.x)]            using adam(lr: 1e-4) }
      batch 128
    }
",
};

/// A player in the spelling of the first edition.
pub struct Player {
    /// Its name.
    pub name: String,
    /// The place of the name.
    pub at: Span,
    /// Its clauses on one line.
    pub clauses: Vec<String>,
    /// Where one blank alone separates a clause from what stands before it.
    pub close: Vec<Span>,
    /// The place of all of it.
    pub span: Span,
}

/// Players in the spelling of the first edition; no message where there are none.
pub fn players(players: &[Player]) -> Option<Diag> {
    let first = players.first()?;
    let (name, clauses) = (&first.name, first.clauses.join("  "));
    let behind = Span { start: first.at.end, ..first.span };
    let diag = Diag::new(
        "E0116",
        format!("the clauses of player `{name}` stand outside of its braces"),
        first.at,
        "has no braces",
    )
    .also(behind, "belongs between them")
    .help(format!("write `player {name} {{ {clauses} }}`; `gmc fmt --upgrade` rewrites a file"));
    Some(players.iter().fold(diag, |diag, p| {
        let (open, close) = (Span { start: p.at.end, ..p.at }, Span { start: p.span.end, ..p.span });
        let diag = p.close.iter().fold(diag.edit(open, " {"), |diag, at| diag.edit(*at, " "));
        diag.edit(close, " }")
    }))
}
