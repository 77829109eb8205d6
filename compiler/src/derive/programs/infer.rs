//! `infer`: one step on the parameters per datum of a minibatch, everything else fixed.

use super::update::{Optimizer, Param};
use crate::derive::lower::Ctx;
use crate::derive::params::belongs;
use crate::derive::per_datum::{self, PerDatum};
use crate::derive::program::Made;
use crate::derive::{INFER, Input, Output, Program};
use crate::ir::{Graph, Role, Scope, Shape, Value, grad};
use crate::rows::args::Args;
use crate::rows::{self, OptimizerRow};
use crate::span::Span;
use crate::types::consts::defaults;
use crate::types::{TPlayer, Typed};

/// The players that own parameters per datum, with these.
fn owners(typed: &Typed) -> Vec<(&TPlayer, Vec<PerDatum>)> {
    let all = per_datum::all(typed);
    let owned = |p: &TPlayer, of: &PerDatum| p.owns.iter().any(|(o, _)| belongs(&of.path, o));
    let of = |p: &TPlayer| all.iter().filter(|t| owned(p, t)).cloned().collect::<Vec<_>>();
    typed.train.players.iter().map(|p| (p, of(p))).filter(|(_, t)| !t.is_empty()).collect()
}

/// One step of Adam (Kingma & Ba 2015) towards the goal of the player that owns them. [`Input::Rate`] is the learning rate and
/// [`Input::Update`] the number of the step. The goal is summed over the minibatch, so that what becomes of a datum's parameters does not
/// depend on how many others are inferred with it. `None` where there are none, or none that a goal reads.
pub(super) fn program(typed: &Typed) -> Option<Made> {
    let owners = owners(typed);
    if owners.is_empty() {
        return None;
    }
    let (adam, args) = adam();
    let rate = |g: &mut Graph, name: &str| (name == "lr").then(|| Input::Rate.scalar(g));
    let by = Optimizer { player: INFER, row: adam, args: &args, now: &rate };
    let mut ctx = Ctx::new(typed, Program::Infer, false);
    // Draws must let a derivative through, as in training.
    ctx.relaxed = true;
    for (player, tables) in owners {
        let loss = summed_loss(&mut ctx, player);
        let read: Vec<(String, Value)> =
            tables.iter().filter_map(|t| Some((t.path.clone(), *ctx.cx.leaves().get(&t.path)?))).collect();
        let values: Vec<Value> = read.iter().map(|(_, v)| *v).collect();
        let g = &mut ctx.cx.g;
        g.at = player.span;
        let grads = grad::grad(g, loss, &values);
        let t = Input::Update.scalar(g);
        for ((path, value), grad) in read.iter().zip(grads) {
            let of = Param { path, value: *value, grad, slots: Role::PerDatum };
            let slots = by.slots(g, &of);
            let (new, moved) = by.update(g, t, &of, &slots);
            g.output(Output::PerDatum(path.clone()), new);
            for (name, v) in moved {
                g.output(Output::PerDatum(name), v);
            }
        }
    }
    // A goal that reads none leaves them at 0.
    (!ctx.cx.outputs.is_empty()).then(|| ctx.finish())
}

/// What a player minimizes, as a sum over the examples.
fn summed_loss(ctx: &mut Ctx<'_>, player: &TPlayer) -> Value {
    let payoff = ctx.payoff(&player.payoff);
    let g = Scope::of(&mut ctx.cx.g);
    let payoff = g.ex(payoff);
    let loss = if player.maximize { -payoff } else { payoff };
    (loss * g.count(&Shape::batched(&[]))).v
}

/// Adam with its defaults.
fn adam() -> (&'static dyn OptimizerRow, Args) {
    let row = rows::optimizer::DEFAULT;
    (row, defaults(row.name(), Span::default(), row.params()))
}
