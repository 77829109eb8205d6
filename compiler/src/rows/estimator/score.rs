//! `score`.

use super::{Baseline, Estimator};
use crate::event::EventTy;
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{DistRow, EstimatorRow};

row! {
    /// Policy gradient: (payoff - baseline) times the derivative of log q (Williams 1992; Mnih & Gregor 2014). Unbiased
    /// for any draw; a baseline lowers the variance: a moving average of the payoff, or a net of your own, `by
    /// score(baseline: b(x))`, that is fitted to the payoff by squared error. It may read what stands before the draw.
    pub struct Score = "score" [BASELINE];
}

const BASELINE: ParamSpec = ParamSpec {
    name: "baseline",
    kind: ArgKind::Word(&["moving", "none"]),
    default: Some("moving"),
    doc: "what is subtracted from the payoff: `moving`, `none`, or one number for each example such as `b(x)`",
};

impl EstimatorRow for Score {
    fn make(&self, args: &Args, _row: &dyn DistRow, _ty: &EventTy) -> Result<Estimator, String> {
        let baseline = if args.word("baseline") == "moving" { Baseline::Moving } else { Baseline::None };
        Ok(Estimator::Score { baseline })
    }
}
