//! Blocks: what a guide `q[x]` holds for each datum alone (classical variational inference: Jordan et al. 1999; with minibatches,
//! Hoffman et al. 2013).
//!
//! The table with a row for each datum never enters a program. The runtime keeps it beside the data; a program reads and gives back
//! the rows of its minibatch, `[B, ..block]`, as it reads the data themselves. So no program depends on how many data there are, an
//! update moves the visited rows and no others, at the cost of the minibatch, and a datum that is not in the table is answered by the
//! same programs once its block has been found: by `infer`, which moves blocks and nothing else.
//!
//! Every row has its own count of updates: to its optimizer each block is a problem of its own, which advances when it is visited.

use super::lower::Ctx;
use super::programs::owned;
use super::{INFER, Input, Output, Program};
use crate::ir::{Dim, Ex, Graph, Role, Scope, Shape, Value, grad};
use crate::rows::args::Args;
use crate::rows::optimizer::Update;
use crate::rows::{self, OptimizerRow};
use crate::span::Span;
use crate::types::consts::defaults;
use crate::types::{TPlayer, Typed};

/// One `free(..)` of a guide `q[x]`; it is 0 at the start.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Its path: `q.free0`.
    pub path: String,
    /// The axes of one datum's block.
    pub shape: Vec<usize>,
    /// The data item with whose data it goes: index.
    pub item: usize,
}

/// Name of the slot that counts how often a row has been updated, `[B]`.
pub const VISITS: &str = "visits";

/// The blocks of a spec, in the order of the text.
pub fn blocks(typed: &Typed) -> Vec<Block> {
    typed
        .params
        .iter()
        .filter_map(|p| Some(Block { path: p.name.clone(), shape: p.ty.shape.clone(), item: p.each? }))
        .collect()
}

/// The number of updates of each row after this one, shaped to go with rows of `shape`: read from the slot `name` and given back.
pub fn visits(g: &mut Graph, name: &str, shape: &Shape) -> Value {
    let before = g.input(name, Role::Block, Shape::batched(&[]));
    let now = g.add_c(before, 1.0);
    g.output(Output::PerDatum(name.into()), now);
    let mut dims = vec![Dim::BATCH];
    dims.resize(shape.rank(), Dim::fixed(1));
    g.reshape(now, Shape(dims))
}

/// The players that own blocks, with the paths of these.
fn owners(typed: &Typed) -> Vec<(&TPlayer, Vec<Block>)> {
    let all = blocks(typed);
    let of = |p: &TPlayer| all.iter().filter(|b| owned(&b.path, &p.owns)).cloned().collect::<Vec<_>>();
    typed.train.players.iter().map(|p| (p, of(p))).filter(|(_, b)| !b.is_empty()).collect()
}

/// One step of Adam (Kingma & Ba 2015) on the blocks of a minibatch, everything else fixed, towards the goal of the player that owns
/// them: program `infer`. `rate` is the learning rate and `update` the number of the step. The goal is summed over the minibatch, so
/// that what a datum's block becomes does not depend on how many others are inferred with it. `None` where
/// there are no blocks, or none that a goal reads.
pub fn infer(typed: &Typed) -> Option<Graph> {
    let owners = owners(typed);
    if owners.is_empty() {
        return None;
    }
    let (adam, args) = adam();
    let mut ctx = Ctx::new(typed, &Program::Infer, false);
    // Draws must let a derivative through, as in training.
    ctx.relaxed = true;
    for (player, blocks) in owners {
        let payoff = ctx.payoff(&player.payoff);
        let loss = if player.maximize { ctx.cx.neg(payoff) } else { payoff };
        let n = ctx.cx.count(Shape::batched(&[]));
        let loss = ctx.cx.mul(loss, n);
        let read: Vec<(String, Value)> =
            blocks.iter().filter_map(|b| Some((b.path.clone(), *ctx.cx.leaves().get(&b.path)?))).collect();
        let values: Vec<Value> = read.iter().map(|(_, v)| *v).collect();
        let g = &mut ctx.cx.g;
        g.at = player.span;
        let grads = grad::grad(g, loss, &values);
        let t = g.input(&Input::Update.to_string(), Role::Scalar, Shape::scalar());
        for ((path, block), grad) in read.iter().zip(grads) {
            let shape = g.shape(*block);
            let slot = |s: &str| {
                Input::Slot { player: INFER.into(), slot: s.into(), path: path.clone() }.to_string()
            };
            let scope = Scope::of(g);
            let input = |s: &'static str| (s, scope.input(&slot(s), Role::Block, shape.clone()));
            let slots: Vec<(&'static str, Ex)> = adam.slots(&args).into_iter().map(input).collect();
            let hyper = |name: &str| match name {
                "lr" => scope.input(&Input::Rate.to_string(), Role::Scalar, Shape::scalar()),
                other => scope.num(args.num(other)),
            };
            let [t, param, grad] = scope.exs([t, *block, grad]);
            let updated = adam.update(&Update { args: &args, hyper: &hyper, t, param, grad, slots: &slots });
            let new = updated.param.v;
            let moved: Vec<(&str, Value)> = slots.iter().map(|(s, _)| (*s, updated.slot(s).v)).collect();
            g.output(Output::PerDatum(path.clone()), new);
            for (s, v) in moved {
                g.output(Output::PerDatum(slot(s)), v);
            }
        }
    }
    // A goal that reads no block leaves them at 0.
    (!ctx.cx.outputs.is_empty()).then_some(ctx.cx.g)
}

/// Adam with its defaults.
fn adam() -> (&'static dyn OptimizerRow, Args) {
    let row = rows::optimizer::DEFAULT;
    (row, defaults(row.name(), Span::default(), row.params()))
}
