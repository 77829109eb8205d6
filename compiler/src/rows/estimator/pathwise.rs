//! `pathwise`.

use crate::event::EventTy;
use crate::rows::args::Args;
use crate::rows::{DistRow, EstimatorRow, Row};
use crate::types::Estimator;

/// The row.
pub struct Pathwise;

impl Row for Pathwise {
    fn name(&self) -> &'static str {
        "pathwise"
    }
    fn doc(&self) -> &'static str {
        "The draw as a differentiable function of its parameters and of noise that has none (Kingma & Welling 2014, section 2.4). Unbiased, \
         low variance."
    }
}

impl EstimatorRow for Pathwise {
    fn make(&self, _args: &Args, row: &dyn DistRow, _ty: &EventTy) -> Result<Estimator, String> {
        match row.reparameterised() {
            true => Ok(Estimator::Pathwise),
            false => Err(format!("a sample of `{}` has no derivative", row.name())),
        }
    }
}
