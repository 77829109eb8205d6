//! `linear`.

use super::{RANGE, ends, fraction};
use crate::rows::args::{Args, ParamSpec};
use crate::rows::{Progress, Row, ScheduleRow};

/// The row.
pub struct Linear;

impl Row for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }
    fn doc(&self) -> &'static str {
        "A straight line from the first value to the last over the whole run: `linear(1e-3 -> 0)`."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const P: &[ParamSpec] = &[RANGE];
        P
    }
}

impl ScheduleRow for Linear {
    fn value(&self, args: &Args, at: Progress) -> f64 {
        let (a, b) = ends(args);
        a + (b - a) * fraction(args, at)
    }
}
