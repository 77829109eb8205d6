//! `adam`.

use super::{BETAS, L2, Update, Updated, eps, lr};
use crate::rows::OptimizerRow;
use crate::rows::args::Args;

row! {
    /// m = b1 m + (1 - b1) grad, v = b2 v + (1 - b2) grad^2; the step is lr m' / (sqrt v' + eps) with m' = m /
    /// (1 - b1^t), v' = v / (1 - b2^t). (Kingma and Ba 2015, algorithm 1; torch.optim.Adam. The state kept is
    /// m / (1 - b1) and v / (1 - b2).)
    pub struct Adam = "adam" [lr("1e-3"), BETAS, eps("1e-8"), L2];
}

impl OptimizerRow for Adam {
    fn slots(&self, args: &Args) -> Vec<&'static str> {
        let (b1, b2) = args.num_pair("betas");
        [("m", b1), ("v", b2)].into_iter().filter(|(_, b)| *b != 0.0).map(|(name, _)| name).collect()
    }
    fn update<'g>(&self, u: &Update<'_, 'g>) -> Updated<'g> {
        step(&u.decayed())
    }
}

/// The step from a gradient that weight decay has already joined: five elementwise operations for the moments and five for the step,
/// since the factors that only depend on the number of the update are taken out of both.
pub(super) fn step<'g>(u: &Update<'_, 'g>) -> Updated<'g> {
    let (b1, b2) = u.args.num_pair("betas");
    let m = u.moment("m", b1, u.grad);
    let v = u.moment("v", b2, u.grad.sq());
    // What the root of the kept v is to be divided by.
    let c = (u.correction(b2) * (1.0 / (1.0 - b2))).sqrt();
    let eps = c * u.args.num("eps");
    let rate = u.hyper("lr") * (1.0 - b1) / u.correction(b1) * c;
    Updated { param: u.moved(m / (v.sqrt() + eps), rate), slots: vec![("m", m), ("v", v)] }
}
