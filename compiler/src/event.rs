//! Types of one event: what a variable, a net's input or a site ranges over. The batch axis is never part of it.

use crate::interval::Interval;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a real number lies.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Support {
    /// Between two ends, each open or closed.
    Interval(Interval),
    /// Nonnegative along the last axis, summing to 1.
    Simplex {
        /// No part is 0, so that none is 1 either: what `softmax` yields of two or more.
        open: bool,
    },
}

impl From<Interval> for Support {
    fn from(interval: Interval) -> Support {
        Support::Interval(interval)
    }
}

impl Support {
    /// The whole line.
    pub const REALS: Support = Support::Interval(Interval::REALS);
    /// Above 0.
    pub const POSITIVE: Support = Support::open(0.0, f64::INFINITY);
    /// At least 0.
    pub const NONNEGATIVE: Support = Support::closed(0.0, f64::INFINITY);
    /// From 0 to 1.
    pub const UNIT: Support = Support::closed(0.0, 1.0);
    /// Parts that sum to 1, some of which may be 0.
    pub const SIMPLEX: Support = Support::Simplex { open: false };
    /// No number at all: what a distribution surely covers whose ends may lie anywhere.
    pub const NOTHING: Support = Support::Interval(Interval::NOTHING);

    /// A number inside of the range: where a `param` starts that says nothing.
    pub fn inner(self) -> f64 {
        let (lo, hi) = self.ends();
        match (self, lo.is_finite(), hi.is_finite()) {
            (Support::Simplex { .. }, ..) | (_, false, false) => 0.0,
            (_, true, true) => (lo + hi) / 2.0,
            (_, true, false) => lo + 1.0,
            (_, false, true) => hi - 1.0,
        }
    }

    /// `lo <= x <= hi`
    pub const fn closed(lo: f64, hi: f64) -> Support {
        Support::Interval(Interval::closed(lo, hi))
    }
    /// `lo < x < hi`
    pub const fn open(lo: f64, hi: f64) -> Support {
        Support::Interval(Interval::open(lo, hi))
    }
    /// One number.
    pub const fn point(x: f64) -> Support {
        Support::closed(x, x)
    }
    /// Where each number lies on its own: the parts of a simplex between 0 and 1.
    pub fn interval(self) -> Interval {
        match self {
            Support::Interval(i) => i,
            Support::Simplex { open: true } => Interval::open(0.0, 1.0),
            Support::Simplex { open: false } => Interval::closed(0.0, 1.0),
        }
    }
    /// The numbers at the ends.
    pub fn ends(self) -> (f64, f64) {
        let i = self.interval();
        (i.lo().at, i.hi().at)
    }
    /// Whether every point of `self` is a point of `other`.
    pub fn inside(self, other: Support) -> bool {
        match (self, other) {
            (Support::Simplex { open: a }, Support::Simplex { open: b }) => a || !b,
            (Support::Interval(_), Support::Simplex { .. }) => false,
            (Support::Interval(_) | Support::Simplex { .. }, Support::Interval(i)) => {
                self.interval().inside(i)
            }
        }
    }
    /// Whether the two differ at most in whether their ends belong to them.
    pub fn alike(self, other: Support) -> bool {
        self.closure() == other.closure()
    }
    /// With its ends.
    pub fn closure(self) -> Support {
        match self {
            Support::Interval(i) => Support::Interval(i.closure()),
            Support::Simplex { .. } => Support::SIMPLEX,
        }
    }
    /// Without its ends, where almost every draw of a density on it lies, and what a map from all reals onto it reaches.
    pub fn interior(self) -> Support {
        match self {
            Support::Interval(i) => Support::Interval(i.interior()),
            Support::Simplex { .. } => Support::Simplex { open: true },
        }
    }
    /// What numbers of this support do, after the name of a variable: `ranges over all reals`.
    pub fn describe(self) -> String {
        match self {
            Support::Simplex { .. } => "sums to 1".into(),
            Support::REALS => "ranges over all reals".into(),
            Support::POSITIVE => "is positive".into(),
            Support::NONNEGATIVE => "is at least 0".into(),
            Support::Interval(_) => {
                let (lo, hi) = self.ends();
                format!("lies between {} and {}", decimal(lo), decimal(hi))
            }
        }
    }
}

/// The ranges with a name: as declared, which numbers they are, and in words. Beside them there is [`INTERVAL`].
pub const RANGES: [(&str, Support, &str); 5] = [
    ("reals", Support::REALS, "All real numbers: what `Real` is where it declares no range."),
    (
        "positive",
        Support::POSITIVE,
        "The numbers above 0: scales, and what has a logarithm. `exp` and `softplus` yield them.",
    ),
    ("nonnegative", Support::NONNEGATIVE, "The numbers from 0 on. `relu`, `abs` and `square` yield them."),
    ("unit", Support::UNIT, "The numbers from 0 to 1, with both ends. `sigmoid` yields those between."),
    (
        "simplex",
        Support::SIMPLEX,
        "Nonnegative parts along the last axis that sum to 1. `softmax` yields positive ones.",
    ),
];

/// The range that is declared by its ends: name, form, and in words.
pub const INTERVAL: (&str, &str, &str) = (
    "interval",
    "in interval(-1, 1)",
    "The numbers from the first to the second, with both ends; `inf` and `-inf` are none. A flow, and a `param`, reach those between. \
     `interval(0, 256, margin: 1e-6)` reaches further at both ends by that share of its length, here to -0.000256 and 256.000256, so that \
     a flow takes the ends, too.",
);

/// The argument of [`INTERVAL`] that says by which share of its length it reaches further at both ends.
pub const MARGIN: &str = "margin";

/// A number as one would write it: what arithmetic leaves behind the fifteenth digit, as in 1.0019999999999998, is rounded away.
/// A number that has so many digits of its own stays as it is: it would be another.
fn decimal(x: f64) -> f64 {
    let short: f64 = format!("{x:.14e}").parse().unwrap_or(x);
    if format!("{short:e}").len() + 3 < format!("{x:e}").len() { short } else { x }
}

/// As one declares it; whether the ends of a range with two of them belong to it is not told.
impl fmt::Display for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (lo, hi) = self.ends();
        let bounded = lo.is_finite() && hi.is_finite();
        match RANGES.iter().find(|(_, s, _)| s == self || bounded && s.alike(*self)) {
            Some((name, ..)) => write!(f, "{name}"),
            None => write!(f, "interval({}, {})", decimal(lo), decimal(hi)),
        }
    }
}

/// What kind of number an element is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Kind {
    /// A real number in a support.
    Real(Support),
    /// 0 or 1.
    Bool,
    /// 0 or 1, and along the last axis exactly one 1.
    OneHot,
    /// `0 .. n`, ordered (grey levels).
    Int(usize),
    /// `0 .. n`, unordered.
    Class(usize),
    /// Whole numbers from 0 on, without a bound.
    Count,
}

impl Kind {
    /// A real number anywhere.
    pub const REAL: Kind = Kind::Real(Support::REALS);
    /// Whether the values are isolated points.
    pub fn discrete(self) -> bool {
        match self {
            Kind::Real(_) => false,
            Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Class(_) | Kind::Count => true,
        }
    }
    /// How many values a discrete kind takes, where it is not any number of them.
    pub fn cardinality(self) -> Option<usize> {
        match self {
            Kind::Real(_) | Kind::Count => None,
            Kind::Bool | Kind::OneHot => Some(2),
            Kind::Int(n) | Kind::Class(n) => Some(n),
        }
    }
    /// Whether every value of `self` is a value of `other` (`Bool` is `Int(2)`, and is the reals 0 and 1; a one-hot vector is made of bits).
    pub fn inside(self, other: Kind) -> bool {
        match (self, other) {
            (Kind::Real(a), Kind::Real(b)) => a.inside(b),
            (Kind::OneHot, Kind::OneHot | Kind::Real(Support::Simplex { open: false })) => true,
            (Kind::Real(_) | Kind::Bool | Kind::Int(_) | Kind::Class(_) | Kind::Count, Kind::OneHot) => false,
            (Kind::Real(_), Kind::Bool | Kind::Int(_) | Kind::Class(_) | Kind::Count) => false,
            (Kind::Count, Kind::Count) => true,
            (Kind::Count, Kind::Bool | Kind::Int(_) | Kind::Class(_)) | (Kind::Class(_), Kind::Count) => {
                false
            }
            (Kind::Bool | Kind::OneHot | Kind::Int(_), Kind::Count) => true,
            (Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Class(_) | Kind::Count, Kind::Real(s)) => {
                self.support().inside(s)
            }
            (Kind::Class(a), Kind::Class(b)) => a == b,
            (Kind::Class(_), Kind::Bool | Kind::Int(_)) => false,
            // Grey levels may be scored as classes: the order is forgotten.
            (Kind::Bool | Kind::OneHot | Kind::Int(_), Kind::Bool | Kind::Int(_) | Kind::Class(_)) => {
                self.cardinality() <= other.cardinality()
            }
        }
    }
    /// The same numbers without the ends of their range; of whole ones every value stays.
    pub fn interior(self) -> Kind {
        match self {
            Kind::Real(s) => Kind::Real(s.interior()),
            Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Class(_) | Kind::Count => self,
        }
    }
    /// The same numbers with the ends of their range.
    pub fn closure(self) -> Kind {
        match self {
            Kind::Real(s) => Kind::Real(s.closure()),
            Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Class(_) | Kind::Count => self,
        }
    }
    /// The support of the values seen as real numbers.
    pub fn support(self) -> Support {
        match self {
            Kind::Real(s) => s,
            Kind::Bool | Kind::OneHot => Support::UNIT,
            Kind::Int(n) | Kind::Class(n) => Support::closed(0.0, n.saturating_sub(1) as f64),
            Kind::Count => Support::NONNEGATIVE,
        }
    }
    /// A value of this kind: what stands for a missing cell.
    pub fn stand_in(self) -> f64 {
        if self.discrete() { 0.0 } else { self.support().inner() }
    }
}

/// The type of one event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventTy {
    /// What each element is.
    pub kind: Kind,
    /// The axes, without the batch; `[]` is one number.
    pub shape: Vec<usize>,
}

impl EventTy {
    /// Real numbers of this shape.
    pub fn real(shape: impl Into<Vec<usize>>) -> EventTy {
        EventTy { kind: Kind::REAL, shape: shape.into() }
    }
    /// Number of elements; of a shape that the checker refuses it may be more than a number holds, and is then the largest.
    pub fn size(&self) -> usize {
        self.shape.iter().fold(1, |a: usize, b| a.saturating_mul(*b))
    }
    /// The same shape with another kind.
    pub fn with_kind(&self, kind: Kind) -> EventTy {
        EventTy { kind, shape: self.shape.clone() }
    }
    /// The name of the kind, with its number of values: `Real`, `Class(3)`.
    pub fn kind_name(&self) -> String {
        match self.kind {
            Kind::Real(_) => "Real".into(),
            Kind::Bool => "Bool".into(),
            Kind::OneHot => "one-hot".into(),
            Kind::Int(n) => format!("Int({n})"),
            Kind::Class(n) => format!("Class({n})"),
            Kind::Count => "Count".into(),
        }
    }
    /// The same elements, row by row, under other axes, some of them repeated or left out: what sums to 1 along the last axis does so only
    /// where that axis stays as it is.
    pub fn rearranged(&self, shape: Vec<usize>) -> EventTy {
        let kind = match self.kind {
            kind if self.shape.last() == shape.last() => kind,
            Kind::Real(s) => Kind::Real(s.interval().into()),
            Kind::OneHot => Kind::Bool,
            Kind::Bool | Kind::Int(_) | Kind::Class(_) | Kind::Count => self.kind,
        };
        EventTy { kind, shape }
    }
    /// A draw of a density on this type: almost surely none of its elements is an end of their range, unless there is but one value.
    pub fn drawn(&self) -> EventTy {
        match (self.kind, self.shape.last()) {
            (Kind::Real(Support::Simplex { .. }), Some(1)) => self.clone(),
            (kind, _) => self.with_kind(kind.interior()),
        }
    }
    /// `[3, 64, 64]`
    pub fn shape_text(&self) -> String {
        shape_text(&self.shape)
    }
}

/// `[3, 64, 64]`
pub fn shape_text(shape: &[usize]) -> String {
    let dims: Vec<String> = shape.iter().map(ToString::to_string).collect();
    format!("[{}]", dims.join(", "))
}

impl fmt::Display for EventTy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shape = self.shape_text();
        match self.kind {
            Kind::Real(Support::REALS) => write!(f, "Real{shape}"),
            Kind::Real(s) => write!(f, "Real{shape} in {s}"),
            Kind::Bool => write!(f, "Bool{shape}"),
            Kind::OneHot => write!(f, "one-hot{shape}"),
            Kind::Int(n) => write!(f, "Int({n}){shape}"),
            Kind::Count => write!(f, "Count{shape}"),
            Kind::Class(n) if self.shape.is_empty() => write!(f, "Class({n})"),
            Kind::Class(n) => write!(f, "Class({n}){shape}"),
        }
    }
}
