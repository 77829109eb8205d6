//! `exponential`.

use super::{OVER, RANGE, fraction};
use crate::rows::args::Args;
use crate::rows::{Progress, ScheduleRow};

row! {
    /// The same factor every step from the first value to the last, both positive: `exponential(1 -> 0.1)`.
    /// With an end that is not positive, a straight line.
    pub struct Exponential = "exponential" [RANGE, OVER];
}

impl ScheduleRow for Exponential {
    fn value(&self, args: &Args, at: Progress) -> f64 {
        let ((a, b), f) = (args.range("range"), fraction(args, at));
        if a > 0.0 && b > 0.0 { a * (b / a).powf(f) } else { a + (b - a) * f }
    }
}
