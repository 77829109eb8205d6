//! What training reports of its rounds, by the names, signs and units that the same numbers have when they are measured.

use super::bounds::losses;
use super::metric::{LogDensity, Metric};
use super::scores::{Score, Trust};
use crate::session::Session;
use gmc_compiler::derive::{Output, bounds};
use gmc_compiler::rows::Row;
use gmc_compiler::rows::objective::{Elbo, Nll};
use gmc_compiler::rows::setting::Clip;
use gmc_compiler::types::{TExpr, TKind, TObjective, TPlayer, Typed};

/// The part that rounds are about, as records call it.
pub const TRAIN: &str = "train";
/// The compiler's name of a player who is the only one.
const ONLY: &str = "all";
/// The data's half of a bound, as the compiler calls it among the terms of a payoff.
const RECONSTRUCTION: &str = "reconstruction";

/// Whether a payoff is nothing but a log-density or a bound without weights, which has a metric of its own.
pub fn known(typed: &Typed, p: &TPlayer) -> bool {
    let TKind::Objective(o) = &p.payoff.kind else { return false };
    let one = |e: &TExpr| matches!(e.kind, TKind::Const(v) if v == 1.0);
    let plain = || match o.amount(Elbo::BETA.name) {
        Some(beta) => one(beta),
        None => o.args.num(Elbo::BETA.name) == 1.0,
    };
    let bound = o.row.name() == Elbo.name() && plain() && Elbo::free(&o.args) == 0.0;
    !typed.models.is_empty() && (bound || o.row.name() == Nll.name())
}

/// Half of a bound among the terms of a payoff.
enum Half<'a> {
    Reconstruction,
    /// The KL of a site.
    Kl(&'a str),
}

/// Which half a term is, and of which of several bounds.
fn half(term: &str) -> Option<(Half<'_>, Option<&str>)> {
    let (what, of) = term.split_once(" of ").map_or((term, None), |(what, of)| (what, Some(of)));
    let half = match what.strip_prefix("kl[").and_then(|rest| rest.strip_suffix(']')) {
        Some(site) => Half::Kl(site),
        None if what == RECONSTRUCTION => Half::Reconstruction,
        None => return None,
    };
    Some((half, of))
}

/// Whether a term of a payoff is half of a bound that it holds: then it has a metric of its own.
pub fn half_of_bound(typed: &Typed, term: &str) -> bool {
    half(term).is_some() && typed.train.players.iter().any(|p| !bounds(typed, &p.payoff).is_empty())
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
    let bounds = bounds(&s.typed, &p.payoff);
    let player = Some(p.name.clone()).filter(|name| name != ONLY);
    let exact = matches!(&p.payoff.kind, TKind::Objective(o) if o.row.name() == Nll.name());
    if let (Some(payoff), true) = (r.payoff(), exact) {
        all.extend(losses(s, LogDensity::Exact, payoff, Trust::Exact));
    }
    for bound in &bounds {
        all.extend(of_bound(s, bound, r));
    }
    if let (Some(payoff), false) = (r.payoff(), p.derived || known(&s.typed, p)) {
        all.push(measured(&Metric::Payoff { player: player.clone(), corrupted: false }, payoff));
    }
    for (name, v) in r.terms() {
        if name == Clip::NORM {
            all.push(measured(&Metric::GradientNorm { player: player.clone() }, v));
        } else if bounds.is_empty() || half(name).is_none() {
            all.push(measured(&Metric::Term { name: name.into(), corrupted: false }, v));
        }
    }
    all
}

/// A bound that a payoff holds and its halves, all as losses.
fn of_bound(s: &Session, (bound, of): &(&TObjective, Option<String>), r: &Reported<'_>) -> Vec<Score> {
    let (mut gained, mut paid) = (None, Vec::new());
    for (name, v) in r.terms() {
        match half(name) {
            Some((Half::Reconstruction, which)) if which == of.as_deref() => gained = Some(v),
            Some((Half::Kl(site), which)) if which == of.as_deref() => paid.push((site, v)),
            Some(_) | None => {}
        }
    }
    let Some(gained) = gained else { return Vec::new() };
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
    match of.clone().or(model.filter(|_| s.measured().len() > 1)) {
        Some(of) => all.into_iter().map(|score| score.of(&of)).collect(),
        None => all,
    }
}
