//! Schedules: numbers that depend on where training stands.

mod constant;
mod cosine;
mod cyclical;
mod exponential;
mod linear;
mod plateau;
mod ramp;
mod steps;
mod warmup;

use super::Row;
use super::args::{ArgKind, Args, ParamSpec};
use crate::interval::Interval;

/// All schedules.
pub const ROWS: &[&dyn ScheduleRow] = &[
    &constant::Constant,
    &cosine::Cosine,
    &cyclical::Cyclical,
    &exponential::Exponential,
    &linear::Linear,
    &plateau::Plateau,
    &ramp::Ramp,
    &steps::Steps,
    &warmup::Warmup,
];

/// Where training stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Rounds done, from 0.
    pub step: u64,
    /// Rounds in all, as planned.
    pub total: u64,
    /// Rounds in one epoch.
    pub per_epoch: u64,
    /// How often the patience of a schedule that follows the validation part ran out ([`ScheduleRow::patience`]).
    pub plateaus: u32,
}

/// A schedule: a number that depends on where training stands.
pub trait ScheduleRow: Row {
    /// The value at this moment.
    fn value(&self, args: &Args, at: Progress) -> f64;
    /// Of one that follows the validation part: how many measurements in a row it takes that are no better.
    fn patience(&self, _args: &Args) -> Option<u64> {
        None
    }
    /// Where its values lie: between the first and the last, if the row does not know more.
    fn range(&self, args: &Args) -> Interval {
        let (a, b) = args.range("range");
        Interval::point(a).hull(Interval::point(b))
    }
}

const RANGE: ParamSpec =
    ParamSpec { name: "range", kind: ArgKind::Range, default: None, doc: "first and last value, `0 -> 1`" };
const VALUE: ParamSpec = ParamSpec {
    name: "value",
    kind: ArgKind::Num(f64::NEG_INFINITY, f64::INFINITY),
    default: None,
    doc: "the value",
};
const OVER: ParamSpec = ParamSpec {
    name: "over",
    kind: ArgKind::Duration,
    default: Some(""),
    doc: "how long it takes; without it, the whole run",
};

/// How much of `over` has passed, from 0 to 1.
fn fraction(args: &Args, at: Progress) -> f64 {
    part(args.duration_if_given("over").map_or(at.total as f64, |d| d.rounds(at.per_epoch)), at)
}

/// How much of so many rounds has passed, from 0 to 1.
fn part(over: f64, at: Progress) -> f64 {
    if over > 0.0 { (at.step as f64 / over).clamp(0.0, 1.0) } else { 1.0 }
}
