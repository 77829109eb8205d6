//! Optimizers: how one tensor moves along its gradient. Semantics and defaults are those of `torch.optim` (PyTorch 2).
//!
//! An update is written with as few elementwise operations as its formula allows: whatever depends on the step alone is a rank-0 value.

mod adagrad;
mod adam;
mod adamax;
mod adamw;
mod lookahead;
mod momentum;
mod rmsprop;
mod sgd;

use super::Row;
use super::args::{ArgKind, Args, ParamSpec};
use crate::ir::Ex;

/// All optimizers.
pub const ROWS: &[&dyn OptimizerRow] = &[
    &adagrad::Adagrad,
    &adam::Adam,
    &adamax::Adamax,
    &adamw::AdamW,
    &lookahead::Lookahead,
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
    /// One update that *descends* along the gradient.
    fn update<'g>(&self, u: &Update<'_, 'g>) -> Updated<'g>;
}

/// What an update reads: one tensor, its gradient, and what was kept for it.
#[derive(Clone, Copy)]
pub struct Update<'a, 'g> {
    /// The arguments of the optimizer.
    pub args: &'a Args,
    /// The value of a numeric argument, scheduled or not, as a rank-0 value.
    pub hyper: &'a dyn Fn(&str) -> Ex<'g>,
    /// The number of this update, from 1: rank 0, or `[B, 1, ..]` where every row of the tensor has its own count, and then no row may
    /// have a part in another's update.
    pub t: Ex<'g>,
    /// The tensor before the update.
    pub param: Ex<'g>,
    /// Its gradient, of the same shape.
    pub grad: Ex<'g>,
    /// The slots by name, each of the same shape.
    pub slots: &'a [(&'static str, Ex<'g>)],
}

/// What an update gives back.
pub struct Updated<'g> {
    /// The tensor after the update.
    pub param: Ex<'g>,
    /// The new slots by name. What is no slot with these arguments, as the first moment of `adam` where it does not last, may stand here too.
    pub slots: Vec<(&'static str, Ex<'g>)>,
}

impl<'g> Updated<'g> {
    /// The new value of a slot.
    ///
    /// # Panics
    /// Where the update gave none, which is a bug of its row.
    pub fn slot(&self, name: &str) -> Ex<'g> {
        found(&self.slots, name)
    }
}

fn found<'g>(slots: &[(&'static str, Ex<'g>)], name: &str) -> Ex<'g> {
    match slots.iter().find(|(n, _)| *n == name) {
        Some((_, slot)) => *slot,
        None => panic!("internal: there is no slot `{name}`"),
    }
}

impl<'g> Update<'_, 'g> {
    fn hyper(&self, name: &str) -> Ex<'g> {
        (self.hyper)(name)
    }
    /// A slot that is kept whatever the arguments are.
    fn slot(&self, name: &str) -> Ex<'g> {
        found(self.slots, name)
    }
    /// The same with weight decay joined to the gradient, without a node where there is none.
    fn decayed(&self) -> Self {
        if !present(self.args, "weight_decay") {
            return *self;
        }
        Update { grad: self.grad + self.param * self.hyper("weight_decay"), ..*self }
    }
    /// The running sum `decay slot + x`; `x` itself where it does not last (`decay` = 0) and no slot is kept.
    fn moment(&self, name: &str, decay: f64, x: Ex<'g>) -> Ex<'g> {
        match self.slots.iter().find(|(n, _)| *n == name) {
            Some((_, slot)) => *slot * decay + x,
            None => x,
        }
    }
    /// 1 - beta^t, without the four digits that 1 - 0.999^1 has lost in single precision. 1 where beta is 0.
    fn correction(&self, beta: f64) -> Ex<'g> {
        if beta == 0.0 { self.t.num(1.0) } else { -(self.t * beta.ln()).exp_m1() }
    }
    /// The tensor, moved against `direction` at this rate.
    fn moved(&self, direction: Ex<'g>, rate: Ex<'g>) -> Ex<'g> {
        self.param - direction * rate
    }
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
