//! `sgd`.

use super::{L2, Update, Updated, lr};
use crate::rows::OptimizerRow;
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// Gradient descent; with momentum: b = momentum b + grad, and the step is lr b (nesterov: lr (grad +
    /// momentum b)). (torch.optim.SGD.)
    pub struct Sgd = "sgd" [lr("0.01"), momentum("0"), NESTEROV, L2];
}

impl OptimizerRow for Sgd {
    fn slots(&self, args: &Args) -> Vec<&'static str> {
        if args.num("momentum") == 0.0 { Vec::new() } else { vec!["momentum"] }
    }
    fn update<'g>(&self, u: &Update<'_, 'g>) -> Updated<'g> {
        let (u, mu) = (u.decayed(), u.args.num("momentum"));
        let b = u.moment("momentum", mu, u.grad);
        let ahead = mu != 0.0 && u.args.word("nesterov") == "true";
        let direction = if ahead { u.grad + b * mu } else { b };
        Updated { param: u.moved(direction, u.hyper("lr")), slots: vec![("momentum", b)] }
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
