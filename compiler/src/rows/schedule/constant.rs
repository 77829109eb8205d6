//! `constant`.

use super::VALUE;
use crate::interval::Interval;
use crate::rows::args::Args;
use crate::rows::{Progress, ScheduleRow};

row! {
    /// The same value all the time.
    pub struct Constant = "constant" [VALUE];
}

impl ScheduleRow for Constant {
    fn value(&self, args: &Args, _at: Progress) -> f64 {
        args.num("value")
    }
    fn range(&self, args: &Args) -> Interval {
        Interval::point(args.num("value"))
    }
}
