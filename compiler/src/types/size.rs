//! How much the programs of a spec come to: an estimate, so that what takes long to derive and much memory is refused before it is derived.

use super::{TExpr, TFlow, TKind, TModel, TSite, TSiteKind, TSubject, Typed, density};
use crate::diag::{Diag, codes};
use crate::rows::bijection::Direction;
use std::collections::BTreeSet;

/// Most that the programs of a spec come to in all, in operations of expressions with their derivatives: some 2 KB of a graph each.
pub const MOST_WORK: usize = 50_000;

/// What a layer of a net comes to, its derivative with it.
const LAYER: usize = 10;
/// What the update of a parameter comes to, with its average.
const UPDATE: usize = 3;
/// What a layer of a net comes to that is written out again, for each coordinate of a masked flow in its slow direction.
const AGAIN: usize = 2;
/// What a layer of a flow comes to, with its log-determinant.
const BIJECTION: usize = 12;
/// So many numbers that the layers of a flow act on come to as much as one operation: where each goes is written out.
const NUMBERS: usize = 64;
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

/// What a site comes to beside its expressions.
fn draw(s: &TSite) -> usize {
    match &s.kind {
        TSiteKind::Draw(d) => d.row.work(),
        TSiteKind::Bind(_) | TSiteKind::Quantize(_) => LAYER,
    }
}

/// One program: what it makes once is counted once.
struct Program<'t> {
    typed: &'t Typed,
    models: BTreeSet<usize>,
    lets: BTreeSet<usize>,
    /// Whether values are drawn, and not found from data.
    draws: bool,
}

impl<'t> Program<'t> {
    fn of(typed: &'t Typed) -> Program<'t> {
        Program { typed, models: BTreeSet::new(), lets: BTreeSet::new(), draws: false }
    }

    fn net(&self, i: usize) -> usize {
        let n = self.typed.net(i);
        n.unrolled.saturating_mul(LAYER).saturating_add(n.tensors.saturating_mul(UPDATE))
    }

    /// Densities of data go from the data to the draw; draws of a guide, and of a model in a payoff, the other way.
    fn flow(&self, f: &TFlow) -> usize {
        let to = if self.draws { Direction::Forward } else { Direction::Inverse };
        let layers = f.unrolled.saturating_mul(BIJECTION).saturating_add(f.tensors.saturating_mul(UPDATE));
        layers.saturating_add(f.acted_on / NUMBERS).saturating_add(f.chain.again(to).saturating_mul(AGAIN))
    }

    fn model(&mut self, i: usize) -> usize {
        let m = self.typed.model(i);
        match (self.models.insert(i), m.guide) {
            (true, true) => self.drawing(|me| me.sites(m)),
            (true, false) => self.sites(m),
            (false, _) => 1,
        }
    }

    /// What `f` counts of what is drawn.
    fn drawing(&mut self, f: impl FnOnce(&mut Self) -> usize) -> usize {
        let before = std::mem::replace(&mut self.draws, true);
        let work = f(self);
        self.draws = before;
        work
    }

    fn sites(&mut self, m: &TModel) -> usize {
        let all = m.sites.iter().flat_map(density::expressions);
        // A density is a formula of its own.
        let each = |me: &mut Self, e: &TExpr| me.expression(e).saturating_add(LAYER);
        let draws = m.sites.iter().map(draw).fold(0, usize::saturating_add);
        all.map(|e| each(self, e)).fold(draws, usize::saturating_add)
    }

    fn expression(&mut self, e: &TExpr) -> usize {
        let own = match &e.kind {
            TKind::Let(i) if !self.lets.insert(*i) => return 1,
            TKind::Net { net, .. } => self.net(*net),
            TKind::Flow { flow, .. } => self.flow(self.typed.flow(*flow)),
            TKind::Sample(model, _) => {
                let found = self.typed.models.iter().position(|m| m.name == *model);
                found.map_or(0, |i| self.drawing(|me| me.model(i)))
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
