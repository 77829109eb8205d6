//! Gradient estimators, chosen by the compiler or at the site: `z ~ Bernoulli(logits: e(x)) by score(baseline: moving)`.

mod enumerate;
mod gumbel;
mod pathwise;
mod score;

use super::DistRow;
use super::Row;
use super::args::Args;
use super::distribution::values;
use crate::event::EventTy;

/// How the derivative of an expectation passes through a draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Estimator {
    /// The draw is a differentiable function of its parameters and of noise (Kingma & Welling 2014).
    Pathwise,
    /// `(payoff - baseline) ∇ log q` (Williams 1992).
    Score {
        /// What is subtracted.
        baseline: Baseline,
    },
    /// The expectation is a sum over all values of the draw.
    Enumerate,
    /// A relaxed draw at this temperature, differentiable and biased (Jang et al. 2017; Maddison et al. 2017).
    Gumbel {
        /// The temperature.
        tau: f64,
    },
}

/// What the score function subtracts from the payoff. Whatever does not depend on the draw leaves the mean of the gradient as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Baseline {
    /// Nothing.
    None,
    /// A moving average of the payoff.
    Moving,
    /// The site's own expression, fitted to the payoff by squared error (Mnih & Gregor 2014, eq. 7-8).
    Learned,
}

impl Estimator {
    /// In words, for `explain`.
    pub fn describe(self) -> String {
        match self {
            Estimator::Pathwise => "pathwise".into(),
            Estimator::Score { baseline: Baseline::Moving } => "score function with a moving baseline".into(),
            Estimator::Score { baseline: Baseline::None } => "score function without a baseline".into(),
            Estimator::Score { baseline: Baseline::Learned } => {
                "score function with a learned baseline".into()
            }
            Estimator::Enumerate => "exact sum over all values".into(),
            Estimator::Gumbel { tau } => format!("Gumbel-softmax at temperature {tau}, biased"),
        }
    }
}

/// All estimators.
pub const ROWS: &[&dyn EstimatorRow] =
    &[&enumerate::Enumerate, &gumbel::Gumbel, &pathwise::Pathwise, &score::Score];

/// A gradient estimator.
pub trait EstimatorRow: Row {
    /// The estimator for a draw of this distribution and event type, or why it does not fit.
    fn make(&self, args: &Args, row: &dyn DistRow, ty: &EventTy) -> Result<Estimator, String>;
}

/// Most values of a draw that the compiler sums over unasked.
const SUMMED_UNASKED: usize = 32;

/// The compiler's choice where the site says nothing: pathwise where the row allows it, an exact sum where there are few values, the
/// score function otherwise. `combinations` is how many the sites of the guide have together that are summed over already.
pub fn chosen(row: &dyn DistRow, ty: &EventTy, combinations: usize) -> Estimator {
    match (row.reparameterised().exactly(), values::count(row, ty)) {
        (true, _) => Estimator::Pathwise,
        (false, Some(n)) if n <= SUMMED_UNASKED && combined(combinations, n).is_ok() => Estimator::Enumerate,
        (false, _) => Estimator::Score { baseline: Baseline::Moving },
    }
}

/// The number of combinations of `n` values with as many as `before` of other sites, or why that is too many to sum over.
pub fn combined(before: usize, n: usize) -> Result<usize, String> {
    let most = enumerate::MOST;
    before.checked_mul(n).filter(|all| *all <= most).ok_or_else(|| {
        format!("its {n} values and the {before} of the sites before it make more than {most} combinations")
    })
}

/// Why [`chosen`] chose `by`.
pub fn reason(row: &dyn DistRow, ty: &EventTy, by: Estimator) -> String {
    match (by, values::count(row, ty)) {
        (Estimator::Pathwise, _) => {
            format!("a draw of `{}` is a differentiable function of its parameters", row.name())
        }
        (Estimator::Enumerate, Some(n)) => format!("there are only {n}"),
        (_, Some(n)) if n <= SUMMED_UNASKED => {
            "a draw has no derivative, and there are too many combinations to sum over".into()
        }
        (_, Some(n)) => {
            format!("a draw has no derivative, and its {n} values are too many to sum over unasked")
        }
        (_, None) => format!("a draw of `{}` has no derivative", row.name()),
    }
}
