//! How much the programs of a spec come to: an estimate, so that what takes long to derive and much memory is refused before it is derived.

use super::{TExpr, TKind, TModel, TSubject, Typed, density};
use crate::diag::{Diag, codes};
use std::collections::BTreeSet;

/// Most that the programs of a spec come to in all, in operations of expressions with their derivatives: some 2 KB of a graph each.
pub const MOST_WORK: usize = 50_000;

/// What a layer of a net comes to, its derivative and the updates of its parameters with it.
const LAYER: usize = 10;
/// What a layer of a flow comes to, with its log-determinant.
const BIJECTION: usize = 12;
/// How much larger than an expression its derivative is, with what that is taken of.
const DERIVATIVE: usize = 3;

/// What is told of a spec whose programs come to more than [`MOST_WORK`].
pub(super) fn too_large(typed: &Typed) -> Option<Diag> {
    let of_players = typed.train.players.iter().map(|p| {
        let work = Program::of(typed).expression(&p.payoff);
        (work, p.payoff.span, format!("the step of `{}`", p.name))
    });
    // What asks a model evaluates it once more, whoever trains it, without a derivative.
    let of_models = typed.models.iter().enumerate().map(|(i, m)| {
        let work = Program::of(typed).model(i) / 2;
        (work, m.span, format!("what `{}` is asked", m.name))
    });
    let all: Vec<_> = of_players.chain(of_models).collect();
    let total = all.iter().map(|(work, ..)| *work).fold(0, usize::saturating_add);
    let (_, span, what) = all.into_iter().max_by_key(|(work, ..)| *work).filter(|_| total > MOST_WORK)?;
    Some(codes::e0206::too_large_programs(span, &what, MOST_WORK))
}

/// One program: what it makes once is counted once.
struct Program<'t> {
    typed: &'t Typed,
    models: BTreeSet<usize>,
    lets: BTreeSet<usize>,
}

impl<'t> Program<'t> {
    fn of(typed: &'t Typed) -> Program<'t> {
        Program { typed, models: BTreeSet::new(), lets: BTreeSet::new() }
    }

    fn net(&self, i: usize) -> usize {
        self.typed.nets.get(i).map_or(0, |n| n.unrolled.saturating_mul(LAYER))
    }

    fn model(&mut self, i: usize) -> usize {
        match self.typed.models.get(i).filter(|_| self.models.insert(i)) {
            Some(m) => self.sites(m),
            None => 1,
        }
    }

    fn sites(&mut self, m: &TModel) -> usize {
        let all = m.sites.iter().flat_map(density::expressions);
        // A density is a formula of its own.
        let each = |me: &mut Self, e: &TExpr| me.expression(e).saturating_add(LAYER);
        all.map(|e| each(self, e)).fold(m.sites.len().saturating_mul(LAYER), usize::saturating_add)
    }

    fn expression(&mut self, e: &TExpr) -> usize {
        let own = match &e.kind {
            TKind::Let(i) if !self.lets.insert(*i) => return 1,
            TKind::Net { net, .. } => self.net(*net),
            TKind::Flow { flow, .. } => {
                self.typed.flows.get(*flow).map_or(0, |f| f.unrolled.saturating_mul(BIJECTION))
            }
            TKind::Sample(model, _) => {
                let found = self.typed.models.iter().position(|m| m.name == *model);
                found.map_or(0, |i| self.model(i))
            }
            TKind::LogProb { model, .. } => self.model(*model),
            TKind::Objective(o) => {
                let models: Vec<usize> = o.reads().collect();
                let critics = o.subjects.iter().map(|s| match s {
                    TSubject::Critic(c) => self.net(c.net).saturating_mul(DERIVATIVE),
                    TSubject::Model(_) | TSubject::Guide(_) | TSubject::Input(_) => 0,
                });
                let critics = critics.fold(0, usize::saturating_add);
                models.into_iter().map(|i| self.model(i)).fold(critics, usize::saturating_add)
            }
            TKind::Const(_)
            | TKind::Schedule(_)
            | TKind::Data(_)
            | TKind::Var(_)
            | TKind::Before(..)
            | TKind::At(..)
            | TKind::Time(_)
            | TKind::Along(_)
            | TKind::Param(_)
            | TKind::Let(_)
            | TKind::Map { .. }
            | TKind::Fn { .. }
            | TKind::Neg(_)
            | TKind::Binary(..)
            | TKind::Expect(_)
            | TKind::Grad { .. }
            | TKind::Corrupt { .. }
            | TKind::Kept(_)
            | TKind::Others(_)
            | TKind::Another(_) => 1,
        };
        let inside: Vec<&TExpr> = self.typed.children(e);
        let all = inside.into_iter().map(|c| self.expression(c)).fold(own, usize::saturating_add);
        if matches!(e.kind, TKind::Grad { .. }) { all.saturating_mul(DERIVATIVE) } else { all }
    }
}
