//! `exponential`.

use super::{OVER, RANGE, ends, fraction};
use crate::rows::args::{Args, ParamSpec};
use crate::rows::{Progress, Row, ScheduleRow};

/// The row.
pub struct Exponential;

impl Row for Exponential {
    fn name(&self) -> &'static str {
        "exponential"
    }
    fn doc(&self) -> &'static str {
        "The same factor every step from the first value to the last, both positive: `exponential(1 -> 0.1)`. With an end that is not positive, a straight line."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const P: &[ParamSpec] = &[RANGE, OVER];
        P
    }
}

impl ScheduleRow for Exponential {
    fn value(&self, args: &Args, at: Progress) -> f64 {
        let ((a, b), f) = (ends(args), fraction(args, at));
        if a > 0.0 && b > 0.0 { a * (b / a).powf(f) } else { a + (b - a) * f }
    }
}
