//! `warmup`.

use super::VALUE;
use crate::interval::{End, Interval};
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{Progress, ScheduleRow};

const OVER: ParamSpec =
    ParamSpec { name: "over", kind: ArgKind::Duration, default: None, doc: "how long it rises" };

row! {
    /// A straight line from near 0 up to the value, which it keeps: the first step has 1 / over of it. (Goyal
    /// et al. 2017, section 2.2.)
    pub struct Warmup = "warmup" [VALUE, OVER];
}

impl ScheduleRow for Warmup {
    fn value(&self, args: &Args, at: Progress) -> f64 {
        let over = args.duration("over").rounds(at.per_epoch);
        let f = if over > 0.0 { ((at.step + 1) as f64 / over).min(1.0) } else { 1.0 };
        args.num("value") * f
    }
    fn range(&self, args: &Args) -> Interval {
        Interval::point(args.num("value")) * Interval::new(End::open(0.0), End::closed(1.0))
    }
}
