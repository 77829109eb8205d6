//! `steps`.

use super::VALUE;
use crate::interval::Interval;
use crate::rows::args::{ArgKind, Args, Const, ParamSpec};
use crate::rows::{Progress, ScheduleRow};

const AT: ParamSpec = ParamSpec {
    name: "at",
    kind: ArgKind::List,
    default: None,
    doc: "epochs, counted from 0, at whose start the value changes",
};
const BY: ParamSpec = ParamSpec {
    name: "by",
    kind: ArgKind::Num(0.0, f64::INFINITY),
    default: Some("0.1"),
    doc: "factor of each change",
};

row! {
    /// A value that is multiplied by `by` at each epoch of `at`: `steps(1e-3, at: [10, 20], by: 0.1)`.
    pub struct Steps = "steps" [VALUE, AT, BY];
}

impl ScheduleRow for Steps {
    fn value(&self, args: &Args, at: Progress) -> f64 {
        let epoch = at.step as f64 / at.per_epoch.max(1) as f64;
        let passed = args.items("at").iter().filter_map(Const::num).filter(|e| *e <= epoch).count();
        args.num("value") * args.num("by").powf(passed as f64)
    }
    fn range(&self, args: &Args) -> Interval {
        let first = args.num("value");
        let last = first * args.num("by").powf(args.items("at").len() as f64);
        Interval::point(first).hull(Interval::point(last))
    }
}
