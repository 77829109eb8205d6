//! `step.PLAYER`: the gradient of a player's payoff in what the player owns, and one update along it.

use super::influence;
use super::terms::terms;
use super::trained::Trained;
use super::update::{Optimizer, Param};
use crate::derive::lower::Ctx;
use crate::derive::params::belongs;
use crate::derive::per_datum::{self, VISITS, visits};
use crate::derive::program::Made;
use crate::derive::{Input, Leaf, Output, Program};
use crate::diag::Diag;
use crate::ir::{Graph, Role, Scope, Value, grad};
use crate::rows::setting::{self, Ema};
use crate::types::{TPlayer, TTrain, Typed};

/// What the steps show.
#[derive(Default)]
pub(super) struct Judged {
    /// What players own and their payoffs do not reach.
    pub(super) diags: Vec<Diag>,
    /// What they reach.
    pub(super) trained: Trained,
}

/// One step of training of a player.
pub(super) fn program(typed: &Typed, p: &TPlayer, leaves: &[Leaf], judged: &mut Judged) -> Made {
    let mut ctx = Ctx::new(typed, Program::Step(p.name.clone()), true);
    let payoff = ctx.payoff(&p.payoff);
    let loss = if p.maximize { ctx.cx.neg(payoff) } else { payoff };
    let terms = terms(&mut ctx, &p.payoff);
    for zero in std::mem::take(&mut ctx.zero) {
        if !judged.diags.contains(&zero) {
            judged.diags.push(zero);
        }
    }
    let tables = per_datum::all(typed);
    let each = |path: &str| tables.iter().any(|t| t.path == path);
    let trained = |path: &str| each(path) || leaves.iter().any(|l| l.path == path && l.trainable);
    let owned = |path: &str| p.owns.iter().any(|(o, _)| belongs(path, o));
    let read: Vec<(String, Value)> = ctx
        .cx
        .leaves()
        .iter()
        .filter(|(path, _)| owned(path) && trained(path))
        .map(|(path, v)| (path.clone(), *v))
        .collect();
    let reached = influence::reached(&ctx.cx.g, loss, &read);
    judged.diags.extend(influence::missing(typed, p, &reached));
    judged.trained.0.extend(reached);
    let values: Vec<Value> = read.iter().map(|(_, v)| *v).collect();
    ctx.cx.g.at = p.span;
    let mut grads = grad::grad(&mut ctx.cx.g, loss, &values);
    let g = &mut ctx.cx.g;
    for row in setting::ROWS {
        let changed = row.gradients(g, &typed.train.settings, grads);
        grads = changed.grads;
        for (name, v) in changed.terms {
            g.output(Output::Term(name.into()), v);
        }
    }
    g.at = p.using;
    let t = Input::Update.scalar(g);
    for ((path, value), grad) in read.iter().zip(grads) {
        // A row of a table counts its own updates, and is not averaged: it is visited once in a pass over the data.
        match each(path) {
            true => row(g, p, Param { path, value: *value, grad, slots: Role::PerDatum }),
            false => leaf(g, (p, &typed.train), t, Param { path, value: *value, grad, slots: Role::State }),
        }
    }
    for (path, v) in std::mem::take(&mut ctx.cx.state_updates) {
        ctx.output(Output::State(path), v);
    }
    ctx.output(Output::Loss, loss);
    ctx.output(Output::Payoff, payoff);
    for (name, v) in terms {
        ctx.output(Output::Term(name), v);
    }
    ctx.finish()
}

/// The updates of rows of a table with a row for each datum.
fn row(g: &mut Graph, p: &TPlayer, of: Param<'_>) {
    let now = scheduled(p);
    let by = Optimizer { player: &p.name, row: p.optimizer, args: &p.args, now: &now };
    let slots = by.slots(g, &of);
    let shape = g.shape(of.value);
    let t = visits(g, &by.slot(VISITS, of.path), &shape);
    let (new, moved) = by.update(g, t, &of, &slots);
    let new = within(g, p, new);
    g.output(Output::PerDatum(of.path.into()), new);
    for (name, v) in moved {
        g.output(Output::PerDatum(name), v);
    }
}

/// The update of a parameter, and of its moving average where there is one.
fn leaf(g: &mut Graph, (p, train): (&TPlayer, &TTrain), t: Value, of: Param<'_>) {
    let now = scheduled(p);
    let by = Optimizer { player: &p.name, row: p.optimizer, args: &p.args, now: &now };
    let slots = by.slots(g, &of);
    let (new, moved) = by.update(g, t, &of, &slots);
    let new = within(g, p, new);
    g.output(Output::Param(of.path.into()), new);
    for (name, v) in moved {
        g.output(Output::State(name), v);
    }
    if let Some(decay) = Ema::of(&train.settings) {
        let name = Input::Average(of.path.into()).to_string();
        let shape = g.shape(of.value);
        let old = g.input(&name, Role::State, shape);
        let average = Ema::average(g, decay, t, old, new);
        g.output(Output::State(name), average);
    }
}

/// The arguments of a player's optimizer that follow a schedule.
fn scheduled(p: &TPlayer) -> impl Fn(&mut Graph, &str) -> Option<Value> {
    |g, name| {
        let (_, i) = p.schedules.iter().find(|(n, _)| n == name)?;
        Some(Input::Schedule(*i).scalar(g))
    }
}

/// A parameter within the constraint of its player, if there is one.
fn within(g: &mut Graph, p: &TPlayer, v: Value) -> Value {
    match &p.within {
        Some((row, args)) => row.apply(args, Scope::of(g).ex(v)).v,
        None => v,
    }
}
