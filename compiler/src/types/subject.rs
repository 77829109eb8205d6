//! Which model questions go to where none is named. The order of the text has no say in it.

use super::{Density, TKind, TModel, TSiteKind, Typed};
use std::collections::BTreeSet;

/// Which model is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// None: there is no model, or several that observe nothing.
    Nobody,
    /// This one: index among models and guides.
    Model(usize),
    /// Any of these, and nothing tells which: indices among models and guides.
    Several(Vec<usize>),
}

/// How near a model comes to scoring data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Says {
    /// It observes nothing.
    Nothing,
    /// It makes data, and has no density of them.
    Samples,
    /// It has a density of data, exact or bounded by a guide.
    Density,
}

impl Typed {
    /// The model that scores data; without one, the model that makes data; without one, the only model. Among several that observe data the one
    /// whose data include those of all others.
    pub fn subject(&self) -> Subject {
        let models: Vec<(usize, &TModel)> =
            self.models.iter().enumerate().filter(|(_, m)| !m.guide).collect();
        let most = models.iter().map(|(_, m)| self.says(m)).max().unwrap_or(Says::Nothing);
        let mut best: Vec<(usize, &TModel)> =
            models.into_iter().filter(|(_, m)| self.says(m) == most).collect();
        if most > Says::Nothing {
            let widest: Vec<(usize, &TModel)> = best
                .iter()
                .copied()
                .filter(|(i, m)| best.iter().all(|(j, o)| i == j || observes_more(m, o)))
                .collect();
            if !widest.is_empty() {
                best = widest;
            }
        }
        match best.as_slice() {
            [(only, _)] => Subject::Model(*only),
            [_, _, ..] if most > Says::Nothing => Subject::Several(best.iter().map(|(i, _)| *i).collect()),
            [] | [_, _, ..] => Subject::Nobody,
        }
    }

    /// The models and guides that the goals of the players read: indices.
    pub fn read_by_goals(&self) -> BTreeSet<usize> {
        let mut read = BTreeSet::new();
        let named = |name: &str| self.models.iter().position(|m| m.name == name);
        for p in &self.train.players {
            self.walk(&p.payoff, &mut |x| {
                if let TKind::LogProb { model, .. } = &x.kind {
                    read.insert(*model);
                } else if let TKind::Objective(o) = &x.kind {
                    read.extend(o.reads());
                } else if let TKind::Sample(m, _) = &x.kind {
                    read.extend(named(m));
                }
            });
        }
        read
    }

    /// The models and guides that stand beside this one in an objective: `q` beside `p` in `elbo(p, q)`.
    pub fn read_beside(&self, model: usize) -> BTreeSet<usize> {
        let mut beside = BTreeSet::new();
        for p in &self.train.players {
            self.walk(&p.payoff, &mut |x| {
                if let TKind::Objective(o) = &x.kind {
                    let all: BTreeSet<usize> = o.reads().collect();
                    beside.extend(all.contains(&model).then_some(all).into_iter().flatten());
                }
            });
        }
        beside
    }

    fn says(&self, m: &TModel) -> Says {
        let drawn = |g: &TModel| {
            g.guide && g.sites.iter().any(|s| m.proposed(s).is_some() && matches!(s.kind, TSiteKind::Draw(_)))
        };
        match &m.density {
            Density::Exact { .. } => Says::Density,
            Density::Latent(_) if self.models.iter().any(drawn) => Says::Density,
            Density::Latent(_) | Density::Implicit(_) => Says::Samples,
            Density::Unobserved => Says::Nothing,
        }
    }
}

/// Whether a model observes all that another does, and more.
fn observes_more(m: &TModel, other: &TModel) -> bool {
    let names =
        |m: &TModel| m.sites.iter().filter(|s| s.observed).map(|s| s.name.clone()).collect::<Vec<_>>();
    let (of_m, of_other) = (names(m), names(other));
    of_m.len() > of_other.len() && of_other.iter().all(|n| of_m.contains(n))
}
