//! `rmsprop`.

use super::{L2, accumulate, decayed, descend, eps, lr, moment, sgd};
use crate::ir::{Graph, Value};
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{OptimizerRow, Row};

/// The row.
pub struct RmsProp;

impl Row for RmsProp {
    fn name(&self) -> &'static str {
        "rmsprop"
    }
    fn doc(&self) -> &'static str {
        "v = alpha v + (1 - alpha) grad^2; the step is lr grad / (sqrt v + eps), or lr b with b = momentum b + grad / (sqrt v + eps). (Tieleman and Hinton 2012; torch.optim.RMSprop. The state kept is v / (1 - alpha).)"
    }
    fn params(&self) -> &'static [ParamSpec] {
        const P: &[ParamSpec] = &[lr("0.01"), ALPHA, eps("1e-8"), sgd::momentum("0"), L2];
        P
    }
}

impl OptimizerRow for RmsProp {
    fn slots(&self, args: &Args) -> Vec<&'static str> {
        if args.num("momentum") == 0.0 { vec!["v"] } else { vec!["v", "momentum"] }
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
        // With V = v / c², c = sqrt(1 - alpha): grad / (sqrt v + eps) = grad / (sqrt V + eps / c) / c, and 1 / c joins the rate.
        let c = (1.0 - args.num("alpha")).sqrt();
        let grad = decayed(g, args, hyper, param, grad);
        let sq = g.square(grad);
        let mut slots = slots.iter();
        let v = match slots.next() {
            Some(&v) => accumulate(g, v, args.num("alpha"), sq),
            None => sq,
        };
        let r = g.sqrt(v);
        let r = g.add_c(r, args.num("eps") / c);
        let scaled = g.div(grad, r);
        let (direction, kept) = moment(g, &mut slots, args.num("momentum"), scaled);
        let rate = hyper(g, "lr");
        let rate = g.mul_c(rate, 1.0 / c);
        (descend(g, param, rate, direction), std::iter::once(v).chain(kept).collect())
    }
}

const ALPHA: ParamSpec = ParamSpec {
    name: "alpha",
    kind: ArgKind::Num(0.0, 0.999_999),
    default: Some("0.99"),
    doc: "decay of the running mean of the squared gradient",
};
