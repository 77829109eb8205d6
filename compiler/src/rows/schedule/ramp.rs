//! `ramp`.

use super::{OVER, RANGE, fraction};
use crate::rows::args::Args;
use crate::rows::{Progress, ScheduleRow};

row! {
    /// A straight line from the first value to the last, which it keeps: `ramp(0 -> 1, over: 10 epochs)`.
    pub struct Ramp = "ramp" [RANGE, OVER];
}

impl ScheduleRow for Ramp {
    fn value(&self, args: &Args, at: Progress) -> f64 {
        let (a, b) = args.range("range");
        a + (b - a) * fraction(args, at)
    }
}
