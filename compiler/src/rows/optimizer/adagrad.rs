//! `adagrad`.

use super::{L2, decayed, descend, eps, lr};
use crate::ir::{Graph, Value};
use crate::rows::args::{Args, ParamSpec};
use crate::rows::{OptimizerRow, Row};

/// The row.
pub struct Adagrad;

impl Row for Adagrad {
    fn name(&self) -> &'static str {
        "adagrad"
    }
    fn doc(&self) -> &'static str {
        "s = s + grad^2; the step is lr grad / (sqrt s + eps). (Duchi, Hazan and Singer 2011; torch.optim.Adagrad.)"
    }
    fn params(&self) -> &'static [ParamSpec] {
        const P: &[ParamSpec] = &[lr("0.01"), eps("1e-10"), L2];
        P
    }
}

impl OptimizerRow for Adagrad {
    fn slots(&self, _args: &Args) -> Vec<&'static str> {
        vec!["sum"]
    }
    fn update(
        &self,
        g: &mut Graph,
        args: &Args,
        hyper: &mut dyn FnMut(&mut Graph, &str) -> Value,
        _t: Value,
        param: Value,
        grad: Value,
        slots: &[Value],
    ) -> (Value, Vec<Value>) {
        let grad = decayed(g, args, hyper, param, grad);
        let sq = g.square(grad);
        let s = match slots.first() {
            Some(&s) => g.add(s, sq),
            None => sq,
        };
        let r = g.sqrt(s);
        let r = g.add_c(r, args.num("eps"));
        let direction = g.div(grad, r);
        let rate = hyper(g, "lr");
        (descend(g, param, rate, direction), vec![s])
    }
}
