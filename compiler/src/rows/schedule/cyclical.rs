//! `cyclical`.

use super::{RANGE, duration, ends};
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{Progress, Row, ScheduleRow};

const PERIOD: ParamSpec =
    ParamSpec { name: "period", kind: ArgKind::Duration, default: None, doc: "length of one cycle" };

/// The row.
pub struct Cyclical;

impl Row for Cyclical {
    fn name(&self) -> &'static str {
        "cyclical"
    }
    fn doc(&self) -> &'static str {
        "A straight line over the first half of every period, the last value over the second half, then again. (Fu et al. 2019, eq. 6, R = 0.5.)"
    }
    fn params(&self) -> &'static [ParamSpec] {
        const P: &[ParamSpec] = &[RANGE, PERIOD];
        P
    }
}

impl ScheduleRow for Cyclical {
    fn value(&self, args: &Args, at: Progress) -> f64 {
        let (a, b) = ends(args);
        let period = duration(args, "period", at).unwrap_or(0.0);
        if period <= 0.0 {
            return b;
        }
        let f = (at.step as f64 % period) / period;
        a + (b - a) * (2.0 * f).min(1.0)
    }
}
