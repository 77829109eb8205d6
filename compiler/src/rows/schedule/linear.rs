//! `linear`.

use super::{RANGE, part};
use crate::rows::args::Args;
use crate::rows::{Progress, ScheduleRow};

row! {
    /// A straight line from the first value to the last over the whole run: `linear(1e-3 -> 0)`.
    pub struct Linear = "linear" [RANGE];
}

impl ScheduleRow for Linear {
    fn value(&self, args: &Args, at: Progress) -> f64 {
        let (a, b) = args.range("range");
        a + (b - a) * part(at.total as f64, at)
    }
}
