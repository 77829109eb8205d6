//! `adamax`.

use super::{BETAS, L2, bias_correction, decayed, descend, eps, lr, moment};
use crate::ir::{Binary, Graph, Unary, Value};
use crate::rows::args::{Args, ParamSpec};
use crate::rows::{OptimizerRow, Row};

/// The row.
pub struct Adamax;

impl Row for Adamax {
    fn name(&self) -> &'static str {
        "adamax"
    }
    fn doc(&self) -> &'static str {
        "m = b1 m + (1 - b1) grad, u = max(b2 u, |grad| + eps); the step is lr / (1 - b1^t) m / u. (Kingma and Ba 2015, algorithm 2; torch.optim.Adamax. The state kept is m / (1 - b1) and u.)"
    }
    fn params(&self) -> &'static [ParamSpec] {
        const P: &[ParamSpec] = &[lr("2e-3"), BETAS, eps("1e-8"), L2];
        P
    }
}

impl OptimizerRow for Adamax {
    fn slots(&self, args: &Args) -> Vec<&'static str> {
        if args.num_pair("betas").0 == 0.0 { vec!["u"] } else { vec!["m", "u"] }
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
        let (b1, b2) = args.num_pair("betas");
        let grad = decayed(g, args, hyper, param, grad);
        let mut slots = slots.iter();
        let (m, kept) = moment(g, &mut slots, b1, grad);
        let a = g.unary(Unary::Abs, grad);
        let a = g.add_c(a, args.num("eps"));
        let u = match slots.next() {
            Some(&u) => {
                let faded = g.mul_c(u, b2);
                g.binary(Binary::Max, faded, a)
            }
            None => a,
        };
        let rate = hyper(g, "lr");
        let rate = g.mul_c(rate, 1.0 - b1);
        let below = bias_correction(g, b1, t);
        let rate = g.div(rate, below);
        let direction = g.div(m, u);
        (descend(g, param, rate, direction), kept.into_iter().chain(std::iter::once(u)).collect())
    }
}
