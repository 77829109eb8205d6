//! `constant`.

use super::VALUE;
use crate::rows::args::{Args, ParamSpec};
use crate::rows::{Progress, Row, ScheduleRow};

/// The row.
pub struct Constant;

impl Row for Constant {
    fn name(&self) -> &'static str {
        "constant"
    }
    fn doc(&self) -> &'static str {
        "The same value all the time."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const P: &[ParamSpec] = &[VALUE];
        P
    }
}

impl ScheduleRow for Constant {
    fn value(&self, args: &Args, at: Progress) -> f64 {
        let _ = at;
        args.num("value")
    }
}
