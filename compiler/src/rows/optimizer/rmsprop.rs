//! `rmsprop`.

use super::{L2, Update, Updated, eps, lr, sgd};
use crate::rows::OptimizerRow;
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// v = alpha v + (1 - alpha) grad^2; the step is lr grad / (sqrt v + eps), or lr b with b = momentum b +
    /// grad / (sqrt v + eps). (Tieleman and Hinton 2012; torch.optim.RMSprop. The state kept is
    /// v / (1 - alpha).)
    pub struct RmsProp = "rmsprop" [lr("0.01"), ALPHA, eps("1e-8"), sgd::momentum("0"), L2];
}

const ALPHA: ParamSpec = ParamSpec {
    name: "alpha",
    kind: ArgKind::Num(0.0, 0.999_999),
    default: Some("0.99"),
    doc: "decay of the running mean of the squared gradient",
};

impl OptimizerRow for RmsProp {
    fn slots(&self, args: &Args) -> Vec<&'static str> {
        if args.num("momentum") == 0.0 { vec!["v"] } else { vec!["v", "momentum"] }
    }
    fn update<'g>(&self, u: &Update<'_, 'g>) -> Updated<'g> {
        let u = u.decayed();
        let v = u.moment("v", u.args.num("alpha"), u.grad.sq());
        // What the root of the kept v is to be multiplied by; it joins eps and the rate.
        let c = (1.0 - u.args.num("alpha")).sqrt();
        let scaled = u.grad / (v.sqrt() + u.args.num("eps") / c);
        let direction = u.moment("momentum", u.args.num("momentum"), scaled);
        let param = u.moved(direction, u.hyper("lr") * (1.0 / c));
        Updated { param, slots: vec![("v", v), ("momentum", direction)] }
    }
}
