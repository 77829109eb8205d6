//! `adamax`.

use super::{BETAS, L2, Update, Updated, eps, lr};
use crate::rows::OptimizerRow;
use crate::rows::args::Args;

row! {
    /// m = b1 m + (1 - b1) grad, u = max(b2 u, |grad| + eps); the step is lr / (1 - b1^t) m / u. (Kingma and
    /// Ba 2015, algorithm 2; torch.optim.Adamax. The state kept is m / (1 - b1) and u.)
    pub struct Adamax = "adamax" [lr("2e-3"), BETAS, eps("1e-8"), L2];
}

impl OptimizerRow for Adamax {
    fn slots(&self, args: &Args) -> Vec<&'static str> {
        if args.num_pair("betas").0 == 0.0 { vec!["u"] } else { vec!["m", "u"] }
    }
    fn update<'g>(&self, u: &Update<'_, 'g>) -> Updated<'g> {
        let (u, (b1, b2)) = (u.decayed(), u.args.num_pair("betas"));
        let m = u.moment("m", b1, u.grad);
        let size = u.grad.abs() + u.args.num("eps");
        let most = (u.slot("u") * b2).max(size);
        let rate = u.hyper("lr") * (1.0 - b1) / u.correction(b1);
        Updated { param: u.moved(m / most, rate), slots: vec![("m", m), ("u", most)] }
    }
}
