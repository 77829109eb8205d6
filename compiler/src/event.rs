//! Types of one event: what a variable, a net's input or a site ranges over. The batch axis is never part of it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a real number lies.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Support {
    /// `lo <= x <= hi`; infinite ends give `reals`, `positive`.
    Interval {
        /// Builder end, possibly -∞.
        lo: f64,
        /// Upper end, possibly ∞.
        hi: f64,
    },
    /// Nonnegative along the last axis, summing to 1.
    Simplex,
}

impl Support {
    /// The whole line.
    pub const REALS: Support = Support::Interval { lo: f64::NEG_INFINITY, hi: f64::INFINITY };
    /// Above zero.
    pub const POSITIVE: Support = Support::Interval { lo: 0.0, hi: f64::INFINITY };
    /// Between 0 and 1.
    pub const UNIT: Support = Support::Interval { lo: 0.0, hi: 1.0 };
    /// No number at all: what a distribution surely covers whose ends may lie anywhere.
    pub const NOTHING: Support = Support::Interval { lo: f64::INFINITY, hi: f64::NEG_INFINITY };

    /// Whether every point of `self` is a point of `other`.
    pub fn inside(self, other: Support) -> bool {
        match (self, other) {
            (Support::Simplex, Support::Simplex) => true,
            (Support::Simplex, Support::Interval { lo, hi }) => lo <= 0.0 && hi >= 1.0,
            (Support::Interval { .. }, Support::Simplex) => false,
            (Support::Interval { lo: a, hi: b }, Support::Interval { lo, hi }) => a >= lo && b <= hi,
        }
    }
    /// From `lo` to `hi`; nothing where they do not leave anything between them.
    pub fn between(lo: f64, hi: f64) -> Support {
        if lo < hi { Support::Interval { lo, hi } } else { Support::NOTHING }
    }
    /// What numbers of this support do, after the name of a variable: `ranges over all reals`.
    pub fn describe(self) -> String {
        match self {
            Support::Simplex => "sums to 1".into(),
            s if s == Support::REALS => "ranges over all reals".into(),
            s if s == Support::POSITIVE => "is positive".into(),
            Support::Interval { lo, hi } => format!("lies between {lo} and {hi}"),
        }
    }
}

impl fmt::Display for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Support::Simplex => write!(f, "simplex"),
            s if s == Support::REALS => write!(f, "reals"),
            s if s == Support::POSITIVE => write!(f, "positive"),
            s if s == Support::UNIT => write!(f, "unit"),
            Support::Interval { lo, hi } => write!(f, "interval({lo}, {hi})"),
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
}

impl Kind {
    /// A real number anywhere.
    pub const REAL: Kind = Kind::Real(Support::REALS);
    /// Whether the values are isolated points.
    pub fn discrete(self) -> bool {
        match self {
            Kind::Real(_) => false,
            Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Class(_) => true,
        }
    }
    /// How many values a discrete kind takes.
    pub fn cardinality(self) -> Option<usize> {
        match self {
            Kind::Real(_) => None,
            Kind::Bool | Kind::OneHot => Some(2),
            Kind::Int(n) | Kind::Class(n) => Some(n),
        }
    }
    /// Whether every value of `self` is a value of `other` (`Bool` is `Int(2)`, and is the reals 0 and 1; a one-hot vector is made of bits).
    pub fn inside(self, other: Kind) -> bool {
        match (self, other) {
            (Kind::Real(a), Kind::Real(b)) => a.inside(b),
            (Kind::OneHot, Kind::OneHot | Kind::Real(Support::Simplex)) => true,
            (Kind::Real(_) | Kind::Bool | Kind::Int(_) | Kind::Class(_), Kind::OneHot) => false,
            (Kind::Real(_), Kind::Bool | Kind::Int(_) | Kind::Class(_)) => false,
            (Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Class(_), Kind::Real(s)) => {
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
    /// The support of the values seen as real numbers.
    pub fn support(self) -> Support {
        match self {
            Kind::Real(s) => s,
            Kind::Bool | Kind::OneHot => Support::UNIT,
            Kind::Int(n) | Kind::Class(n) => Support::Interval { lo: 0.0, hi: n.saturating_sub(1) as f64 },
        }
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
            Kind::Real(s) if s == Support::REALS => write!(f, "Real{shape}"),
            Kind::Real(s) => write!(f, "Real{shape} in {s}"),
            Kind::Bool => write!(f, "Bool{shape}"),
            Kind::OneHot => write!(f, "one-hot{shape}"),
            Kind::Int(n) => write!(f, "Int({n}){shape}"),
            Kind::Class(n) if self.shape.is_empty() => write!(f, "Class({n})"),
            Kind::Class(n) => write!(f, "Class({n}){shape}"),
        }
    }
}
