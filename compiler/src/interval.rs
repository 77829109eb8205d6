//! Intervals of the reals whose ends are open or closed, and their arithmetic: for each operation the smallest interval that is sure to
//! hold the result (Moore 1966, ends open or closed as the values at them are taken). The checker follows ranges of values with it.
//!
//! An end that is infinite is open, since every value is a number; an interval of one number is closed.

use serde::{Deserialize, Serialize};

/// The numbers between two ends, each of which belongs to them or does not.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    lo: End,
    hi: End,
}

/// An end of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct End {
    /// The number.
    pub at: f64,
    /// Whether the interval comes near it and does not take it.
    pub open: bool,
}

impl End {
    /// A number that is taken.
    pub const fn closed(at: f64) -> End {
        End { at, open: !at.is_finite() }
    }
    /// A number that is not.
    pub const fn open(at: f64) -> End {
        End { at, open: true }
    }
    fn map(self, f: impl Fn(f64) -> f64) -> End {
        End { at: f(self.at), open: self.open }
    }
    /// What 32 bits round to 0 is 0.
    fn rounded(self) -> End {
        if self.at as f32 == 0.0 { End { at: 0.0, ..self } } else { self }
    }
    /// The product of two ends: 0, where one of them takes 0, whatever the other comes near.
    fn times(self, other: End) -> End {
        let zero = |e: End| e.at == 0.0 && !e.open;
        match (zero(self) || zero(other), self.at * other.at) {
            (true, _) => End::closed(0.0),
            (false, p) => End { at: if p.is_nan() { 0.0 } else { p }, open: self.open || other.open },
        }
    }
    /// The lower of two ends, which is taken where one of them takes it.
    fn least(self, other: End) -> End {
        match self.at == other.at {
            true => End { at: self.at, open: self.open && other.open },
            false if self.at < other.at => self,
            false => other,
        }
    }
    /// The upper of two ends, likewise.
    fn most(self, other: End) -> End {
        self.negated().least(other.negated()).negated()
    }
    /// The upper of two lower ends, or the lower of two upper ones where `self` and `other` are negated: taken where both take it.
    fn inner(self, other: End) -> End {
        match self.at == other.at {
            true => End { at: self.at, open: self.open || other.open },
            false if self.at > other.at => self,
            false => other,
        }
    }
    fn negated(self) -> End {
        self.map(|x| -x)
    }
    /// Whether this lower end admits nothing that `other` does not.
    fn within(self, other: End) -> bool {
        let a = self.rounded();
        a.at > other.at || a.at == other.at && (a.open || !other.open)
    }
}

impl Interval {
    /// All numbers.
    pub const REALS: Interval = Interval::open(f64::NEG_INFINITY, f64::INFINITY);
    /// No number.
    pub const NOTHING: Interval = Interval::open(f64::INFINITY, f64::NEG_INFINITY);

    /// From one end to the other.
    pub const fn new(lo: End, hi: End) -> Interval {
        // -0 is 0.
        let (lo, hi) = (End { at: lo.at + 0.0, open: lo.open }, End { at: hi.at + 0.0, open: hi.open });
        match lo.at == hi.at {
            true => Interval { lo: End::closed(lo.at), hi: End::closed(hi.at) },
            false => Interval {
                lo: End { open: lo.open || !lo.at.is_finite(), ..lo },
                hi: End { open: hi.open || !hi.at.is_finite(), ..hi },
            },
        }
    }
    /// `lo <= x <= hi`, an infinite end without itself.
    pub const fn closed(lo: f64, hi: f64) -> Interval {
        Interval::new(End::closed(lo), End::closed(hi))
    }
    /// `lo < x < hi`
    pub const fn open(lo: f64, hi: f64) -> Interval {
        Interval::new(End::open(lo), End::open(hi))
    }
    /// One number.
    pub const fn point(x: f64) -> Interval {
        Interval::closed(x, x)
    }
    /// The lower end.
    pub const fn lo(self) -> End {
        self.lo
    }
    /// The upper end.
    pub const fn hi(self) -> End {
        self.hi
    }
    /// The one number that it holds.
    pub fn constant(self) -> Option<f64> {
        (self.lo.at == self.hi.at).then_some(self.lo.at)
    }
    /// Whether it holds this number.
    pub fn holds(self, x: f64) -> bool {
        Interval::point(x).inside(self)
    }
    /// Whether a value can be 0, once rounded to 32 bits.
    pub fn reaches_zero(self) -> bool {
        Interval { lo: self.lo.rounded(), hi: self.hi.rounded() }.holds(0.0)
    }
    /// Whether every value is 0, once rounded to 32 bits.
    pub fn is_zero(self) -> bool {
        self.lo.rounded().at == 0.0 && self.hi.rounded().at == 0.0 && self.reaches_zero()
    }
    /// Whether it holds no number outside of `other`, what rounds to 0 counted as 0.
    pub fn inside(self, other: Interval) -> bool {
        self.lo.within(other.lo) && self.hi.negated().within(other.hi.negated())
    }
    /// Without its ends.
    pub const fn interior(self) -> Interval {
        Interval::open(self.lo.at, self.hi.at)
    }
    /// With its ends.
    pub const fn closure(self) -> Interval {
        Interval::closed(self.lo.at, self.hi.at)
    }
    /// The smallest interval that holds both.
    pub fn hull(self, other: Interval) -> Interval {
        Interval::new(self.lo.least(other.lo), self.hi.most(other.hi))
    }
    /// Its part between two numbers, they themselves included.
    pub fn between(self, lo: f64, hi: f64) -> Interval {
        if lo < hi { self.meet(Interval::closed(lo, hi)) } else { Interval::NOTHING }
    }
    /// What both hold; [`Interval::NOTHING`] where that is no number.
    pub fn meet(self, other: Interval) -> Interval {
        let lo = self.lo.inner(other.lo);
        let hi = self.hi.negated().inner(other.hi.negated()).negated();
        match lo.at < hi.at || lo.at == hi.at && !lo.open && !hi.open {
            true => Interval::new(lo, hi),
            false => Interval::NOTHING,
        }
    }

    /// Image under a strictly increasing function.
    pub fn increasing(self, f: impl Fn(f64) -> f64) -> Interval {
        Interval::new(self.lo.map(&f), self.hi.map(&f))
    }
    /// Image under a function that falls until `at`, where it is `bottom`, and rises from there (`square`, `abs`, `silu`).
    pub fn valley(self, at: f64, bottom: f64, f: impl Fn(f64) -> f64) -> Interval {
        let (a, b) = (self.lo.map(&f), self.hi.map(&f));
        let lo = if self.holds(at) { End::closed(bottom) } else { a.least(b) };
        Interval::new(lo, a.most(b))
    }
    /// `max(x, y)`
    pub fn max(self, other: Interval) -> Interval {
        Interval::new(self.lo.inner(other.lo), self.hi.most(other.hi))
    }
    /// `min(x, y)`
    pub fn min(self, other: Interval) -> Interval {
        -((-self).max(-other))
    }
    /// The sum of `n` values, each somewhere in it.
    pub fn summed(self, n: usize) -> Interval {
        if n == 0 { Interval::point(0.0) } else { self.increasing(|x| x * n as f64) }
    }
    /// `1 / x` of what is nowhere 0 but perhaps at its end; all reals where 0 lies inside.
    fn recip(self) -> Interval {
        let inverse = |e: End, at_zero: f64| match e.at == 0.0 {
            true => End::open(at_zero),
            false => e.map(f64::recip),
        };
        if self.lo.at >= 0.0 {
            Interval::new(inverse(self.hi, f64::INFINITY), inverse(self.lo, f64::INFINITY))
        } else if self.hi.at <= 0.0 {
            Interval::new(inverse(self.hi, f64::NEG_INFINITY), inverse(self.lo, f64::NEG_INFINITY))
        } else {
            Interval::REALS
        }
    }
    /// `x ^ n` for a whole number.
    fn whole_power(self, n: i32) -> Interval {
        match (n, n % 2 == 0) {
            (0, _) => Interval::point(1.0),
            (1.., true) => self.valley(0.0, 0.0, |x| x.powi(n)),
            (1.., false) => self.increasing(|x| x.powi(n)),
            // Below 0 or above it; across it the inverse is infinite on both sides.
            (_, even) if self.lo.at >= 0.0 || self.hi.at <= 0.0 || even => self.whole_power(-n).recip(),
            (_, _) => Interval::REALS,
        }
    }
    /// `x ^ y`. A number that can be negative must be raised to one whole number.
    pub fn power(self, other: Interval) -> Interval {
        match other.constant() {
            Some(n) if n.fract() == 0.0 && n.abs() <= 1024.0 => self.whole_power(n as i32),
            Some(n) if n > 0.0 && self.lo.at >= 0.0 => self.increasing(|x| x.powf(n)),
            Some(_) | None if self.lo.at >= 0.0 => {
                // e^(y ln x), and 0 where x is 0.
                let log = Interval { lo: self.lo.map(f64::ln), hi: self.hi.map(f64::ln) };
                let positive = (log * other).increasing(f64::exp);
                let zero = self.holds(0.0).then_some(Interval::point(0.0));
                zero.map_or(positive, |z| positive.hull(z))
            }
            Some(_) | None => Interval::REALS,
        }
    }
}

impl std::ops::Neg for Interval {
    type Output = Interval;
    fn neg(self) -> Interval {
        Interval::new(self.hi.negated(), self.lo.negated())
    }
}

impl std::ops::Add for Interval {
    type Output = Interval;
    fn add(self, other: Interval) -> Interval {
        let sum = |a: End, b: End| End { at: a.at + b.at, open: a.open || b.open };
        Interval::new(sum(self.lo, other.lo), sum(self.hi, other.hi))
    }
}

impl std::ops::Sub for Interval {
    type Output = Interval;
    fn sub(self, other: Interval) -> Interval {
        self + -other
    }
}

impl std::ops::Mul for Interval {
    type Output = Interval;
    fn mul(self, other: Interval) -> Interval {
        let first = self.lo.times(other.lo);
        let corners = [self.lo.times(other.hi), self.hi.times(other.lo), self.hi.times(other.hi)];
        let all = corners.iter().fold((first, first), |(lo, hi), c| (lo.least(*c), hi.most(*c)));
        Interval::new(all.0, all.1)
    }
}

impl std::ops::Div for Interval {
    type Output = Interval;
    fn div(self, other: Interval) -> Interval {
        match other.lo.at < 0.0 && other.hi.at > 0.0 {
            true => Interval::REALS,
            false => self * other.recip(),
        }
    }
}
