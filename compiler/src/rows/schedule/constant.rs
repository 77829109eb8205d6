//! `constant`.

use super::VALUE;
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
}
