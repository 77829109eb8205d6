//! `enumerate`.

use super::Estimator;
use crate::event::EventTy;
use crate::rows::args::Args;
use crate::rows::distribution::values;
use crate::rows::{DistRow, EstimatorRow};

row! {
    /// The expectation over a discrete draw, a number or a vector, as a sum over all of its values: exact, at the cost
    /// of that many evaluations. The values of all the sites that a guide sums over, combined, are at most 256.
    pub struct Enumerate = "enumerate";
}

/// Most combinations of values that can be summed over.
pub(super) const MOST: usize = 256;

impl EstimatorRow for Enumerate {
    fn make(&self, _args: &Args, row: &dyn DistRow, ty: &EventTy) -> Result<Estimator, String> {
        match values::count(row, ty) {
            Some(n) if n <= MOST => Ok(Estimator::Enumerate),
            Some(n) => Err(format!("there are {n} values, and at most {MOST} are summed over")),
            None if ty.kind.discrete() => {
                Err(format!("at most {MOST} values are summed over, and `{ty}` has far more"))
            }
            None => {
                Err(format!("only a discrete draw can be summed over, and this `{}` draws {ty}", row.name()))
            }
        }
    }
}
