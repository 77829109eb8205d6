//! `momentum`.

use super::{L2, Update, Updated, lr, sgd};
use crate::rows::OptimizerRow;
use crate::rows::args::Args;

row! {
    /// `sgd` with momentum 0.9 unless said otherwise.
    pub struct Momentum = "momentum" [lr("0.01"), sgd::momentum("0.9"), sgd::NESTEROV, L2];
}

impl OptimizerRow for Momentum {
    fn slots(&self, args: &Args) -> Vec<&'static str> {
        sgd::Sgd.slots(args)
    }
    fn update<'g>(&self, u: &Update<'_, 'g>) -> Updated<'g> {
        sgd::Sgd.update(u)
    }
}
