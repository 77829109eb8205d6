//! `pathwise`.

use super::Estimator;
use crate::event::EventTy;
use crate::rows::args::Args;
use crate::rows::{DistRow, EstimatorRow};

row! {
    /// The draw as a differentiable function of its parameters and of noise that has none (Kingma & Welling 2014,
    /// section 2.4). Unbiased, low variance.
    pub struct Pathwise = "pathwise";
}

impl EstimatorRow for Pathwise {
    fn make(&self, _args: &Args, row: &dyn DistRow, _ty: &EventTy) -> Result<Estimator, String> {
        match row.reparameterised().exactly() {
            true => Ok(Estimator::Pathwise),
            false => Err(format!("a sample of `{}` has no derivative", row.name())),
        }
    }
}
