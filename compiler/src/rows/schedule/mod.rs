//! Schedules: numbers that depend on where training stands.

mod constant;
mod cosine;
mod cyclical;
mod exponential;
mod linear;
mod ramp;
mod steps;
mod warmup;

use super::Row;
use super::args::{ArgKind, Args, Const, ParamSpec};

/// All schedules.
pub const ROWS: &[&dyn ScheduleRow] = &[
    &constant::Constant,
    &cosine::Cosine,
    &cyclical::Cyclical,
    &exponential::Exponential,
    &linear::Linear,
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
}

/// A schedule: a number that depends on where training stands.
pub trait ScheduleRow: Row {
    /// The value at this moment.
    fn value(&self, args: &Args, at: Progress) -> f64;
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

/// The ends of `range` (0 where one is no number, which the binder rules out).
fn ends(args: &Args) -> (f64, f64) {
    match args.get("range") {
        Some(Const::Range(a, b)) => (a.num().unwrap_or(0.0), b.num().unwrap_or(0.0)),
        Some(other) => {
            let v = other.num().unwrap_or(0.0);
            (v, v)
        }
        None => (0.0, 0.0),
    }
}

/// A duration in steps: `10 epochs`, `500 steps` or a plain number of steps; `None` when absent.
fn duration(args: &Args, name: &str, at: Progress) -> Option<f64> {
    match args.get(name)? {
        Const::Quantity(n, unit) => {
            let n = n.num().unwrap_or(0.0);
            Some(if unit.starts_with("epoch") { n * at.per_epoch as f64 } else { n })
        }
        Const::Int(n) => Some(*n as f64),
        Const::Num(n) => Some(*n),
        Const::Word(_) | Const::Text(_) | Const::List(_) | Const::Call(_) | Const::Range(..) => None,
    }
}

/// How much of `over` has passed, from 0 to 1.
fn fraction(args: &Args, at: Progress) -> f64 {
    let over = duration(args, "over", at).unwrap_or(at.total as f64);
    if over > 0.0 { (at.step as f64 / over).clamp(0.0, 1.0) } else { 1.0 }
}
