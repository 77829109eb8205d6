//! `warmup`.

use super::{VALUE, duration};
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{Progress, Row, ScheduleRow};

const OVER: ParamSpec =
    ParamSpec { name: "over", kind: ArgKind::Duration, default: None, doc: "how long it rises" };

/// The row.
pub struct Warmup;

impl Row for Warmup {
    fn name(&self) -> &'static str {
        "warmup"
    }
    fn doc(&self) -> &'static str {
        "A straight line from near 0 up to the value, which it keeps: the first step has 1 / over of it. (Goyal et al. 2017, section 2.2.)"
    }
    fn params(&self) -> &'static [ParamSpec] {
        const P: &[ParamSpec] = &[VALUE, OVER];
        P
    }
}

impl ScheduleRow for Warmup {
    fn value(&self, args: &Args, at: Progress) -> f64 {
        let over = duration(args, "over", at).unwrap_or(0.0);
        let f = if over > 0.0 { ((at.step + 1) as f64 / over).min(1.0) } else { 1.0 };
        args.num("value") * f
    }
}
