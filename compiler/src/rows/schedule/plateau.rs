//! `plateau`.

use super::VALUE;
use crate::interval::Interval;
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{Progress, ScheduleRow};

const FACTOR: ParamSpec = ParamSpec {
    name: "factor",
    kind: ArgKind::Num(0.0, 1.0),
    default: Some("0.1"),
    doc: "what the value is multiplied by each time",
};
const PATIENCE: ParamSpec = ParamSpec {
    name: "patience",
    kind: ArgKind::Whole(1, 1_000_000_000),
    default: Some("10"),
    doc: "measurements in a row without a better one",
};
const LEAST: ParamSpec = ParamSpec {
    name: "least",
    kind: ArgKind::Num(0.0, f64::INFINITY),
    default: Some("0"),
    doc: "the value does not fall below it",
};

row! {
    /// A value that is multiplied by `factor` each time the validation part stops becoming better: `plateau(1e-3, factor: 0.5, patience: 5)`
    /// after five measurements in a row without a better one of what is minimized, and then after five more. Measured is some twenty times a
    /// run, or as often as `eval { every 1 epochs }` says. A run that is resumed goes on with what has been seen.
    pub struct Plateau = "plateau" [VALUE, FACTOR, PATIENCE, LEAST];
}

impl ScheduleRow for Plateau {
    fn value(&self, args: &Args, at: Progress) -> f64 {
        let (first, least) = (args.num(VALUE.name), args.num(LEAST.name));
        let now = first * args.num(FACTOR.name).powf(f64::from(at.plateaus));
        // A floor above the first value raises nothing.
        now.max(least.min(first))
    }
    fn range(&self, args: &Args) -> Interval {
        let first = args.num(VALUE.name);
        Interval::point(first).hull(Interval::point(args.num(LEAST.name).min(first)))
    }
    fn patience(&self, args: &Args) -> Option<u64> {
        Some(args.int(PATIENCE.name) as u64)
    }
}
