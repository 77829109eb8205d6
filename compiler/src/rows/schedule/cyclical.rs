//! `cyclical`.

use super::RANGE;
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{Progress, ScheduleRow};

const PERIOD: ParamSpec =
    ParamSpec { name: "period", kind: ArgKind::Duration, default: None, doc: "length of one cycle" };

row! {
    /// A straight line over the first half of every period, the last value over the second half, then again.
    /// (Fu et al. 2019, eq. 6, R = 0.5.)
    pub struct Cyclical = "cyclical" [RANGE, PERIOD];
}

impl ScheduleRow for Cyclical {
    fn value(&self, args: &Args, at: Progress) -> f64 {
        let (a, b) = args.range("range");
        let period = args.duration("period").rounds(at.per_epoch);
        if period <= 0.0 {
            return b;
        }
        // After the last round it stands where that round was: no further cycle has begun.
        let step = at.step.min(at.total.saturating_sub(1));
        let f = (step as f64 % period) / period;
        a + (b - a) * (2.0 * f).min(1.0)
    }
}
