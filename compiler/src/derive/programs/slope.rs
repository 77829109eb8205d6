//! `slope.PLAYER`: how steep a player's payoff is in what the player owns, as training sees it. For a look at a game, not for training.

use crate::derive::lower::Ctx;
use crate::derive::params::belongs;
use crate::derive::{Leaf, Output, Program};
use crate::ir::optimise::optimise;
use crate::ir::{Graph, Scope, Value, grad};
use crate::rows::Row;
use crate::rows::objective::GradientPenalty;
use crate::types::{TKind, TPlayer, Typed};

/// The program: the length of the gradient ([`Output::Slope`]), and what each gradient penalty in the payoff comes to without its weight
/// ([`Output::Penalty`]).
pub fn slope(typed: &Typed, p: &TPlayer, leaves: &[Leaf]) -> Graph {
    let mut ctx = Ctx::new(typed, Program::Slope(p.name.clone()), true);
    let payoff = ctx.payoff(&p.payoff);
    let mut penalties: Vec<(String, Value)> = Vec::new();
    typed.walk(&p.payoff, &mut |e| {
        let TKind::Objective(o) = &e.kind else { return };
        let critic =
            (o.row.name() == GradientPenalty.name()).then(|| typed.nets.get(o.critic().net)).flatten();
        if let Some(net) = critic.filter(|n| !penalties.iter().any(|(name, _)| *name == n.name)) {
            let v = ctx.payoff(e);
            penalties.push((net.name.clone(), v));
        }
    });
    let owned = |path: &str| p.owns.iter().any(|(o, _)| belongs(path, o));
    let trained = |path: &str| leaves.iter().any(|l| l.path == path && l.trainable);
    let read: Vec<Value> =
        ctx.cx.leaves().iter().filter(|(path, _)| owned(path) && trained(path)).map(|(_, v)| *v).collect();
    let grads = grad::grad(&mut ctx.cx.g, payoff, &read);
    let g = Scope::of(&mut ctx.cx.g);
    let squares = grads.into_iter().map(|d| g.ex(d).sq().sum_all());
    let length = squares.reduce(|a, b| a + b).unwrap_or_else(|| g.num(0.0)).sqrt().v;
    ctx.output(Output::Slope, length);
    for (critic, v) in penalties {
        ctx.output(Output::Penalty(critic), v);
    }
    optimise(&ctx.finish().1)
}
