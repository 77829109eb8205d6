//! `ramp`.

use super::{OVER, RANGE, ends, fraction};
use crate::rows::args::{Args, ParamSpec};
use crate::rows::{Progress, Row, ScheduleRow};

/// The row.
pub struct Ramp;

impl Row for Ramp {
    fn name(&self) -> &'static str {
        "ramp"
    }
    fn doc(&self) -> &'static str {
        "A straight line from the first value to the last, which it keeps: `ramp(0 -> 1, over: 10 epochs)`."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const P: &[ParamSpec] = &[RANGE, OVER];
        P
    }
}

impl ScheduleRow for Ramp {
    fn value(&self, args: &Args, at: Progress) -> f64 {
        let (a, b) = ends(args);
        a + (b - a) * fraction(args, at)
    }
}
