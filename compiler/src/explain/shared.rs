//! What several players of a game compute in a round, and whether it is one value or another for each of them.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one form of expression is asked for; all others are alike"
)]

use crate::types::{TExpr, TKind, TSubject, Typed, density, text};
use std::collections::BTreeSet;

/// Why a value is one for all players, or another for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Same {
    /// It is made of the minibatch alone, which is the same in the last moves of a round.
    Data,
    /// Something of it is drawn, and each player draws for itself.
    Drawn,
    /// What it reads moves between the moves of the players.
    Moved,
    /// Players move at once, so that it is computed from the same parameters.
    AtOnce,
}

impl Same {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Same::Data => "of the data alone: the same for each",
            Same::Drawn => "drawn anew by each",
            Same::Moved => "computed anew by each: what it reads moves in between",
            Same::AtOnce => "the same for each, who move at once",
        }
    }
}

/// A value that several players compute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// As it is written: `p.x`, `D(x)`.
    pub what: String,
    /// The players.
    pub players: Vec<String>,
    /// Whether it is the same.
    pub same: Same,
}

/// The samples, lets and outputs of nets that stand in the payoffs of more than one player, in the order of the text. What stands inside of another of
/// them is left out.
pub fn shared(typed: &Typed) -> Vec<Shared> {
    let players = &typed.train.players;
    let mut found: Vec<(String, &TExpr, Vec<String>)> = Vec::new();
    for p in players {
        let mut mine = Vec::new();
        named(typed, &p.payoff, &mut mine);
        for (what, e) in mine {
            match found.iter_mut().find(|(w, ..)| *w == what) {
                Some((.., by)) if by.contains(&p.name) => {}
                Some((.., by)) => by.push(p.name.clone()),
                None => found.push((what, e, vec![p.name.clone()])),
            }
        }
    }
    let several = found.into_iter().filter(|(.., by)| by.len() > 1);
    several.map(|(what, e, players)| Shared { what, players, same: same(typed, e) }).collect()
}

/// The named values of an expression, outermost first.
fn named<'t>(typed: &'t Typed, e: &'t TExpr, out: &mut Vec<(String, &'t TExpr)>) {
    if matches!(e.kind, TKind::Let(_) | TKind::Sample(..) | TKind::Net { .. }) {
        out.push((text::plain(typed, e), e));
        // A net's arguments may be shared where its value is not.
        if !matches!(e.kind, TKind::Net { .. }) {
            return;
        }
    }
    for c in e.children() {
        named(typed, c, out);
    }
}

/// What the value of an expression depends on beside the minibatch.
#[derive(Default)]
struct Reads {
    drawn: bool,
    owned: bool,
    seen: BTreeSet<(String, String)>,
}

fn same(typed: &Typed, e: &TExpr) -> Same {
    let mut reads = Reads::default();
    follow(typed, e, &mut reads);
    match (reads.drawn, reads.owned, typed.train.simultaneous) {
        (true, ..) => Same::Drawn,
        (false, false, _) => Same::Data,
        (false, true, true) => Same::AtOnce,
        (false, true, false) => Same::Moved,
    }
}

fn follow(typed: &Typed, e: &TExpr, reads: &mut Reads) {
    let owns = |name: &str| typed.train.players.iter().any(|p| p.owns.iter().any(|(n, _)| n == name));
    let mut samples: Vec<(String, String)> = Vec::new();
    typed.walk(e, &mut |e| match &e.kind {
        TKind::Sample(model, site) => samples.push((model.clone(), site.clone())),
        TKind::Corrupt { .. } | TKind::Kept(_) => reads.drawn = true,
        TKind::Fn { row, .. } if row.name() == "shuffle" => reads.drawn = true,
        TKind::Net { net, .. } => {
            let of =
                |n: &crate::types::TNet| n.trainable() && (owns(&n.name) || n.calls.iter().any(|c| owns(c)));
            reads.owned |= typed.nets.get(*net).is_some_and(of);
        }
        TKind::Flow { flow, .. } => reads.owned |= typed.flows.get(*flow).is_some_and(|f| owns(&f.name)),
        TKind::Param(i) => reads.owned |= typed.params.get(*i).is_some_and(|p| owns(&p.name)),
        TKind::Objective(o) => {
            reads.drawn |= o.subjects.iter().any(|s| matches!(s, TSubject::Model(_) | TSubject::Guide(_)));
        }
        _ => {}
    });
    for (model, site) in samples {
        if !reads.seen.insert((model.clone(), site.clone())) {
            continue;
        }
        let Some(m) = typed.models.iter().find(|m| m.name == model) else { continue };
        for s in density::upstream(m, &site) {
            reads.drawn |= matches!(s.kind, crate::types::TSiteKind::Draw(_));
            density::expressions(s).into_iter().for_each(|e| follow(typed, e, reads));
        }
    }
}
