//! Optimizers: how one tensor moves along its gradient. Semantics and defaults are those of `torch.optim` (PyTorch 2).
//!
//! An update is written with as few elementwise operations as its formula allows: whatever depends on the step alone is a rank-0 value.

mod adagrad;
mod adam;
mod adamax;
mod adamw;
mod momentum;
mod rmsprop;
mod sgd;

use super::Row;
use super::args::{ArgKind, Args, ParamSpec};
use crate::ir::{Graph, Unary, Value};

/// All optimizers.
pub const ROWS: &[&dyn OptimizerRow] = &[
    &adagrad::Adagrad,
    &adam::Adam,
    &adamax::Adamax,
    &adamw::AdamW,
    &momentum::Momentum,
    &rmsprop::RmsProp,
    &sgd::Sgd,
];

/// What a spec that names none is trained with.
pub const DEFAULT: &dyn OptimizerRow = &adam::Adam;

/// An optimizer: how one tensor moves along its gradient.
pub trait OptimizerRow: Row {
    /// Names of the tensors it keeps for every parameter (`m`, `v`), zero at the start.
    fn slots(&self, args: &Args) -> Vec<&'static str>;
    /// One update that *descends* along `grad`. `hyper(name)` is the (possibly scheduled) value of a numeric argument as a rank-0
    /// value; `t` is the number of this update, from 1: rank 0, or `[B, 1, ..]` where every row of the parameter has its own count, and
    /// then no row may have a part in another's update. Returns the new parameter and the new slots.
    fn update(
        &self,
        g: &mut Graph,
        args: &Args,
        hyper: &mut dyn FnMut(&mut Graph, &str) -> Value,
        t: Value,
        param: Value,
        grad: Value,
        slots: &[Value],
    ) -> (Value, Vec<Value>);
}

/// The learning rate, with its default.
const fn lr(default: &'static str) -> ParamSpec {
    ParamSpec {
        name: "lr",
        kind: ArgKind::Scheduled(0.0, f64::INFINITY),
        default: Some(default),
        doc: "learning rate",
    }
}

/// A positive number that keeps a division finite.
const fn eps(default: &'static str) -> ParamSpec {
    ParamSpec {
        name: "eps",
        kind: ArgKind::Num(1e-30, 1.0),
        default: Some(default),
        doc: "added to the divisor",
    }
}

/// Factor of the weight decay.
const fn weight_decay(default: &'static str, doc: &'static str) -> ParamSpec {
    ParamSpec {
        name: "weight_decay",
        kind: ArgKind::Scheduled(0.0, f64::INFINITY),
        default: Some(default),
        doc,
    }
}

const L2: ParamSpec = weight_decay("0", "this times the parameter is added to the gradient");
const BETAS: ParamSpec = ParamSpec {
    name: "betas",
    kind: ArgKind::NumPair(0.0, 0.999_999),
    default: Some("(0.9, 0.999)"),
    doc: "decay of the running mean of the gradient and of its square",
};

/// Whether a numeric argument is anything but the constant 0.
fn present(args: &Args, name: &str) -> bool {
    args.get(name).is_some_and(|c| c.num() != Some(0.0))
}

/// grad + weight_decay param, without a node where there is no decay.
fn decayed(
    g: &mut Graph,
    args: &Args,
    hyper: &mut dyn FnMut(&mut Graph, &str) -> Value,
    param: Value,
    grad: Value,
) -> Value {
    if !present(args, "weight_decay") {
        return grad;
    }
    let wd = hyper(g, "weight_decay");
    let d = g.mul(param, wd);
    g.add(grad, d)
}

/// decay slot + x
fn accumulate(g: &mut Graph, slot: Value, decay: f64, x: Value) -> Value {
    let s = g.mul_c(slot, decay);
    g.add(s, x)
}

/// 1 - beta^t as a rank-0 value, written as -expm1(t ln beta): in single precision 1 - 0.999^1 has lost four digits. 1 where beta is 0.
fn bias_correction(g: &mut Graph, beta: f64, t: Value) -> Value {
    if beta == 0.0 {
        return g.scalar(1.0);
    }
    let e = g.mul_c(t, beta.ln());
    let e = g.unary(Unary::Expm1, e);
    g.neg(e)
}

/// param - rate direction
fn descend(g: &mut Graph, param: Value, rate: Value, direction: Value) -> Value {
    let step = g.mul(direction, rate);
    g.sub(param, step)
}

/// A moment that decays by `beta`: for `beta` = 0 it is `x` itself and needs no slot, else the slot moves and is returned too.
fn moment(
    g: &mut Graph,
    slots: &mut std::slice::Iter<'_, Value>,
    beta: f64,
    x: Value,
) -> (Value, Option<Value>) {
    match (beta != 0.0).then(|| slots.next()).flatten() {
        Some(&slot) => {
            let m = accumulate(g, slot, beta, x);
            (m, Some(m))
        }
        None => (x, None),
    }
}
