//! `enumerate`.

use crate::rows::args::Args;
use crate::rows::{DistRow, EstimatorRow, Row};
use crate::types::Estimator;
use crate::types::event::EventTy;

/// The row.
pub struct Enumerate;

/// Most values that can be summed over.
const MOST: usize = 256;

impl Row for Enumerate {
    fn name(&self) -> &'static str {
        "enumerate"
    }
    fn doc(&self) -> &'static str {
        "The expectation over a discrete draw as a sum over all of its values, at most 256: exact, at the cost of that many evaluations."
    }
}

impl EstimatorRow for Enumerate {
    fn make(&self, _args: &Args, row: &dyn DistRow, ty: &EventTy) -> Result<Estimator, String> {
        match ty.kind.cardinality().filter(|_| ty.shape.is_empty()) {
            Some(n) if n <= MOST => Ok(Estimator::Enumerate),
            Some(n) => Err(format!("there are {n} values, and at most {MOST} are summed over")),
            None => Err(format!("only one discrete number can be summed over, and this `{}` draws {ty}", row.name())),
        }
    }
}
