//! `score`.

use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{DistRow, EstimatorRow, Row};
use crate::types::Estimator;
use crate::types::event::EventTy;

/// The row.
pub struct Score;

impl Row for Score {
    fn name(&self) -> &'static str {
        "score"
    }
    fn doc(&self) -> &'static str {
        "Policy gradient: (payoff - baseline) times the derivative of log q (Williams 1992; Mnih & Gregor 2014). Unbiased for any draw; the \
         baseline, a moving average of the payoff, lowers the variance."
    }
    fn params(&self) -> &'static [ParamSpec] {
        &[ParamSpec { name: "baseline", kind: ArgKind::Word(&["moving", "none"]), default: Some("moving"), doc: "what is subtracted from the payoff" }]
    }
}

impl EstimatorRow for Score {
    fn make(&self, args: &Args, _row: &dyn DistRow, _ty: &EventTy) -> Result<Estimator, String> {
        Ok(Estimator::Score { moving: args.word("baseline") == "moving" })
    }
}
