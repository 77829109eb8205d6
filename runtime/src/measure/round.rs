//! What training reports of its rounds, by the names, signs and units that the same numbers have when they are measured.

use super::bounds::losses;
use super::metric::{LogDensity, Metric};
use super::scores::{Score, Trust};
use crate::session::Session;
use gmc_compiler::derive::Output;
use gmc_compiler::rows::Row;
use gmc_compiler::rows::objective::{Elbo, Nll};
use gmc_compiler::rows::setting::Clip;
use gmc_compiler::types::{TKind, TObjective, TPlayer, Typed};

/// The part that rounds are about, as records call it.
pub const TRAIN: &str = "train";
/// The compiler's name of a player who is the only one.
const ONLY: &str = "all";
/// The data's half of a bound, as the compiler calls it among the terms of a payoff.
const RECONSTRUCTION: &str = "reconstruction";

/// The site of a term that is the KL of one.
fn kl_site(term: &str) -> Option<&str> {
    term.strip_prefix("kl[")?.strip_suffix(']')
}

/// The bounds that a payoff holds.
fn bounds<'t>(typed: &'t Typed, p: &'t TPlayer) -> Vec<&'t TObjective> {
    let mut found = Vec::new();
    typed.walk(&p.payoff, &mut |e| {
        if let TKind::Objective(o) = &e.kind
            && o.row.name() == Elbo.name()
        {
            found.push(o);
        }
    });
    found
}

/// Whether a term of a payoff is half of a bound that it holds: then it has a metric of its own.
pub fn half_of_bound(typed: &Typed, term: &str) -> bool {
    let half = term == RECONSTRUCTION || kl_site(term).is_some();
    half && typed.train.players.iter().any(|p| bounds(typed, p).len() == 1)
}

/// What a player's rounds reported: means by the names of the outputs of its step.
struct Reported<'a> {
    player: &'a TPlayer,
    means: Vec<(Output, f64)>,
}

impl Reported<'_> {
    fn payoff(&self) -> Option<f64> {
        self.means.iter().find(|(o, _)| *o == Output::Payoff).map(|(_, v)| *v)
    }

    fn terms(&self) -> impl Iterator<Item = (&str, f64)> {
        self.means
            .iter()
            .filter_map(|(o, v)| if let Output::Term(t) = o { Some((t.as_str(), *v)) } else { None })
    }
}

/// The numbers of rounds as scores of the training part, given their means by the names that [`super::super::train`] gives them: `loss`,
/// `critic/payoff`.
pub fn scores(s: &Session, means: &[(String, f64)]) -> Vec<Score> {
    let players = &s.typed.train.players;
    let several = players.len() > 1;
    let mut all: Vec<Score> = Vec::new();
    for player in players {
        let own = |name: &String| -> Option<Output> {
            let rest = if several { name.strip_prefix(&player.name)?.strip_prefix('/')? } else { name };
            Output::parse(rest)
        };
        let means = means.iter().filter_map(|(n, v)| Some((own(n)?, *v))).collect();
        for score in of_player(s, &Reported { player, means }) {
            // The same term may stand in the payoffs of two players.
            if !all.iter().any(|a| a.key == score.key) {
                all.push(score);
            }
        }
    }
    all.into_iter().map(|score| score.on(TRAIN)).collect()
}

fn of_player(s: &Session, r: &Reported<'_>) -> Vec<Score> {
    let mut all = Vec::new();
    let measured = |metric: &Metric, v: f64| Score::new(metric, v, Trust::estimate(0, None));
    let p = r.player;
    let bounds = bounds(&s.typed, p);
    let player = Some(p.name.clone()).filter(|name| name != ONLY);
    let exact = matches!(&p.payoff.kind, TKind::Objective(o) if o.row.name() == Nll.name());
    if let (Some(payoff), true) = (r.payoff(), exact) {
        all.extend(losses(s, LogDensity::Exact, payoff, Trust::Exact));
    }
    if let [bound] = bounds.as_slice() {
        all.extend(of_bound(s, bound, r));
    }
    if let (Some(payoff), false) = (r.payoff(), p.derived) {
        all.push(measured(&Metric::Payoff { player: player.clone(), corrupted: false }, payoff));
    }
    for (name, v) in r.terms() {
        if name == Clip::NORM {
            all.push(measured(&Metric::GradientNorm { player: player.clone() }, v));
        } else if bounds.len() != 1 || !(name == RECONSTRUCTION || kl_site(name).is_some()) {
            all.push(measured(&Metric::Term { name: name.into(), corrupted: false }, v));
        }
    }
    all
}

/// The bound that a payoff holds and its halves, all as losses.
fn of_bound(s: &Session, bound: &TObjective, r: &Reported<'_>) -> Vec<Score> {
    let Some((_, gained)) = r.terms().find(|(name, _)| *name == RECONSTRUCTION) else { return Vec::new() };
    let paid: Vec<(&str, f64)> = r.terms().filter_map(|(name, v)| Some((kl_site(name)?, v))).collect();
    let kl: f64 = paid.iter().map(|(_, v)| v).sum();
    let estimate = || Trust::estimate(0, None);
    let mut all = losses(s, LogDensity::Elbo, kl - gained, estimate());
    all.push(Score::new(&Metric::Reconstruction, -gained, estimate()));
    all.push(Score::new(&Metric::Kl, kl, estimate()));
    if paid.len() > 1 {
        all.extend(
            paid.iter().map(|(site, v)| Score::new(&Metric::KlOf { site: (*site).into() }, *v, estimate())),
        );
    }
    let model = s.typed.models.get(bound.model()).map(|m| m.name.clone());
    match model.filter(|_| s.measured().len() > 1) {
        Some(m) => all.into_iter().map(|score| score.of(&m)).collect(),
        None => all,
    }
}
