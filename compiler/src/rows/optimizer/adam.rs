//! `adam`.

use super::{BETAS, L2, bias_correction, decayed, descend, eps, lr, moment};
use crate::ir::{Graph, Value};
use crate::rows::args::{Args, ParamSpec};
use crate::rows::{OptimizerRow, Row};

/// The row.
pub struct Adam;

impl Row for Adam {
    fn name(&self) -> &'static str {
        "adam"
    }
    fn doc(&self) -> &'static str {
        "m = b1 m + (1 - b1) grad, v = b2 v + (1 - b2) grad^2; the step is lr m' / (sqrt v' + eps) with m' = m / (1 - b1^t), v' = v / (1 - b2^t). (Kingma and Ba 2015, algorithm 1; torch.optim.Adam. The state kept is m / (1 - b1) and v / (1 - b2).)"
    }
    fn params(&self) -> &'static [ParamSpec] {
        const P: &[ParamSpec] = &[lr("1e-3"), BETAS, eps("1e-8"), L2];
        P
    }
}

impl OptimizerRow for Adam {
    fn slots(&self, args: &Args) -> Vec<&'static str> {
        let (b1, b2) = args.num_pair("betas");
        [("m", b1), ("v", b2)].into_iter().filter(|(_, b)| *b != 0.0).map(|(name, _)| name).collect()
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
        let grad = decayed(g, args, hyper, param, grad);
        step(g, args, hyper, t, param, grad, slots)
    }
}

/// The step from a gradient that weight decay has already joined.
///
/// With M = m / (1 - b1), V = v / (1 - b2) and c = sqrt((1 - b2) / (1 - b2^t)) the step is
/// [lr (1 - b1) / (1 - b1^t) / c] M / (sqrt V + eps / c): two and three elementwise operations for the moments, five for the step.
pub(super) fn step(
    g: &mut Graph,
    args: &Args,
    hyper: &mut dyn FnMut(&mut Graph, &str) -> Value,
    t: Value,
    param: Value,
    grad: Value,
    slots: &[Value],
) -> (Value, Vec<Value>) {
    let (b1, b2) = args.num_pair("betas");
    let mut slots = slots.iter();
    let (m, kept_m) = moment(g, &mut slots, b1, grad);
    let sq = g.square(grad);
    let (v, kept_v) = moment(g, &mut slots, b2, sq);
    let below = bias_correction(g, b2, t);
    let inv_c = g.mul_c(below, 1.0 / (1.0 - b2));
    let inv_c = g.sqrt(inv_c);
    let e = g.mul_c(inv_c, args.num("eps"));
    let rate = hyper(g, "lr");
    let rate = g.mul_c(rate, 1.0 - b1);
    let below = bias_correction(g, b1, t);
    let rate = g.div(rate, below);
    let rate = g.mul(rate, inv_c);
    let r = g.sqrt(v);
    let r = g.add(r, e);
    let direction = g.div(m, r);
    (descend(g, param, rate, direction), kept_m.into_iter().chain(kept_v).collect())
}
