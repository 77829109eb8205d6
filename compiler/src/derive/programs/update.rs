//! One update of a parameter by an optimizer, with what the optimizer keeps for it.

use crate::derive::Input;
use crate::ir::{Ex, Graph, Role, Scope, Value};
use crate::rows::OptimizerRow;
use crate::rows::args::Args;
use crate::rows::optimizer::Update;

/// An optimizer with its arguments, at one step.
pub(super) struct Optimizer<'a> {
    /// Whose it is: a player, or [`crate::derive::INFER`].
    pub(super) player: &'a str,
    /// The row.
    pub(super) row: &'static dyn OptimizerRow,
    /// Its arguments.
    pub(super) args: &'a Args,
    /// The present value of an argument, where that is an input; a number of `args` elsewhere.
    pub(super) now: &'a dyn Fn(&mut Graph, &str) -> Option<Value>,
}

/// A parameter that is updated.
pub(super) struct Param<'a> {
    /// Its path.
    pub(super) path: &'a str,
    /// Its value.
    pub(super) value: Value,
    /// The derivative along which it descends.
    pub(super) grad: Value,
    /// The role of what is kept for it.
    pub(super) slots: Role,
}

impl Optimizer<'_> {
    /// The name of the input that holds slot `slot` of the parameter at `path`.
    pub(super) fn slot(&self, slot: &str, path: &str) -> String {
        Input::Slot { player: self.player.into(), slot: slot.into(), path: path.into() }.to_string()
    }

    /// The slots of a parameter, as inputs.
    pub(super) fn slots(&self, g: &mut Graph, of: &Param<'_>) -> Vec<(&'static str, Value)> {
        let shape = g.shape(of.value);
        let names = self.row.slots(self.args).into_iter();
        names.map(|s| (s, g.input(&self.slot(s, of.path), of.slots, shape.clone()))).collect()
    }

    /// The value of a parameter after update number `t`, and the new slots with the names of their inputs.
    pub(super) fn update(
        &self,
        g: &mut Graph,
        t: Value,
        of: &Param<'_>,
        slots: &[(&'static str, Value)],
    ) -> (Value, Vec<(String, Value)>) {
        let g = Scope::of(g);
        let hyper = |name: &str| match g.with(|g| (self.now)(g, name)) {
            Some(v) => g.ex(v),
            None => g.num(self.args.num(name)),
        };
        let slots: Vec<(&'static str, Ex<'_>)> = slots.iter().map(|(s, v)| (*s, g.ex(*v))).collect();
        let [t, param, grad] = g.exs([t, of.value, of.grad]);
        let new = self.row.update(&Update { args: self.args, hyper: &hyper, t, param, grad, slots: &slots });
        let moved = slots.iter().map(|(s, _)| (self.slot(s, of.path), new.slot(s).v)).collect();
        (new.param.v, moved)
    }
}
