//! Gradient estimators, chosen by the compiler or at the site: `z ~ Bernoulli(logits: e(x)) by score(baseline: moving)`.

mod enumerate;
mod gumbel;
mod pathwise;
mod score;

use super::{DistRow, EstimatorRow};
use crate::types::event::EventTy;
use crate::types::{Baseline, Estimator};

/// All estimators.
pub const ROWS: &[&dyn EstimatorRow] = &[&enumerate::Enumerate, &gumbel::Gumbel, &pathwise::Pathwise, &score::Score];

/// Most values of a draw that the compiler sums over unasked.
const SUMMED_UNASKED: usize = 32;

/// The compiler's choice where the site says nothing: pathwise where the row allows it, an exact sum where there are few values, the
/// score function otherwise.
pub fn chosen(row: &dyn DistRow, ty: &EventTy) -> Estimator {
    let values = ty.kind.cardinality().filter(|_| ty.shape.is_empty());
    match (row.reparameterised(), values) {
        (true, _) => Estimator::Pathwise,
        (false, Some(n)) if n <= SUMMED_UNASKED => Estimator::Enumerate,
        (false, _) => Estimator::Score { baseline: Baseline::Moving },
    }
}
