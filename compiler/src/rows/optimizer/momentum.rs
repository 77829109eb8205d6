//! `momentum`.

use super::{L2, lr, sgd};
use crate::ir::{Graph, Value};
use crate::rows::args::{Args, ParamSpec};
use crate::rows::{OptimizerRow, Row};

/// The row.
pub struct Momentum;

impl Row for Momentum {
    fn name(&self) -> &'static str {
        "momentum"
    }
    fn doc(&self) -> &'static str {
        "`sgd` with momentum 0.9 unless said otherwise."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const P: &[ParamSpec] = &[lr("0.01"), sgd::momentum("0.9"), sgd::NESTEROV, L2];
        P
    }
}

impl OptimizerRow for Momentum {
    fn slots(&self, args: &Args) -> Vec<&'static str> {
        sgd::Sgd.slots(args)
    }
    fn update(
        &self,
        g: &mut Graph,
        args: &Args,
        hyper: &mut dyn FnMut(&mut Graph, &str) -> Value,
        t: Value,
        param: Value,
        grad: Value,
        slots: &[Value],
    ) -> (Value, Vec<Value>) {
        sgd::Sgd.update(g, args, hyper, t, param, grad, slots)
    }
}
