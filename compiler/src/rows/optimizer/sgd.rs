//! `sgd`.

use super::{L2, decayed, descend, lr, moment};
use crate::ir::{Graph, Value};
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{OptimizerRow, Row};

/// The row.
pub struct Sgd;

impl Row for Sgd {
    fn name(&self) -> &'static str {
        "sgd"
    }
    fn doc(&self) -> &'static str {
        "Gradient descent; with momentum: b = momentum b + grad, and the step is lr b (nesterov: lr (grad + momentum b)). (torch.optim.SGD.)"
    }
    fn params(&self) -> &'static [ParamSpec] {
        const P: &[ParamSpec] = &[lr("0.01"), momentum("0"), NESTEROV, L2];
        P
    }
}

impl OptimizerRow for Sgd {
    fn slots(&self, args: &Args) -> Vec<&'static str> {
        if args.num("momentum") == 0.0 { Vec::new() } else { vec!["momentum"] }
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
        let mu = args.num("momentum");
        let mut slots = slots.iter();
        let (b, kept) = moment(g, &mut slots, mu, grad);
        let direction = if kept.is_some() && args.word("nesterov") == "true" {
            let ahead = g.mul_c(b, mu);
            g.add(grad, ahead)
        } else {
            b
        };
        let rate = hyper(g, "lr");
        (descend(g, param, rate, direction), kept.into_iter().collect())
    }
}

/// Share of the last step that is kept.
pub(super) const fn momentum(default: &'static str) -> ParamSpec {
    ParamSpec {
        name: "momentum",
        kind: ArgKind::Num(0.0, 1.0),
        default: Some(default),
        doc: "share of the last step that is kept",
    }
}

/// Whether the step looks ahead.
pub(super) const NESTEROV: ParamSpec = ParamSpec {
    name: "nesterov",
    kind: ArgKind::Word(&["false", "true"]),
    default: Some("false"),
    doc: "whether the step looks ahead",
};
