//! `adamw`.

use super::{BETAS, adam, eps, lr, present, weight_decay};
use crate::ir::{Graph, Value};
use crate::rows::args::{Args, ParamSpec};
use crate::rows::{OptimizerRow, Row};

/// The row.
pub struct AdamW;

impl Row for AdamW {
    fn name(&self) -> &'static str {
        "adamw"
    }
    fn doc(&self) -> &'static str {
        "`adam` whose weight decay acts on the parameter itself, which shrinks by 1 - lr weight_decay in every step. (Loshchilov and Hutter 2019, algorithm 2; torch.optim.AdamW.)"
    }
    fn params(&self) -> &'static [ParamSpec] {
        const P: &[ParamSpec] = &[
            lr("1e-3"),
            BETAS,
            eps("1e-8"),
            weight_decay("0.01", "this times lr is taken off the parameter"),
        ];
        P
    }
}

impl OptimizerRow for AdamW {
    fn slots(&self, args: &Args) -> Vec<&'static str> {
        adam::Adam.slots(args)
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
        if !present(args, "weight_decay") {
            return adam::step(g, args, hyper, t, param, grad, slots);
        }
        let (rate, wd) = (hyper(g, "lr"), hyper(g, "weight_decay"));
        let k = g.mul(rate, wd);
        let k = g.neg(k);
        let k = g.add_c(k, 1.0);
        let shrunk = g.mul(param, k);
        adam::step(g, args, hyper, t, shrunk, grad, slots)
    }
}
