//! Mean and entropy between two ends: of the standard laws by their antiderivatives, of the rows by the function that leads there.
//!
//! Densities at the ends are taken over the mass between them on the logarithmic scale, so that what is far out in a tail stays of the
//! size of the answer.

use super::tails::{Law, Tails, at_least, at_most, beyond_median, within};
use super::{HALF_LN_TAU, loc_scale, param};
use crate::ir::{Compare, Graph, Unary, Value};
use std::f64::consts::LN_2;

/// Of a standard law between two ends.
struct Moments {
    /// E[z]
    mean: Value,
    /// E[-ln f(z)], f being the density of the whole law.
    surprise: Value,
}

/// Why a truncated Gumbel has neither mean nor entropy.
pub(super) const NO_GUMBEL: &str =
    "between two ends it needs the exponential integral, which is no function of the language's programs";

impl Tails {
    /// Whether mean and entropy between two ends have no closed form.
    pub(super) fn open(&self) -> bool {
        matches!(self.law, Law::Gumbel)
    }

    /// Mean between the ends.
    pub(super) fn mean(
        &self,
        g: &mut Graph,
        params: &[Option<Value>],
        low: Option<Value>,
        high: Option<Value>,
    ) -> Option<Value> {
        let mean = if self.exponential {
            // E[e^y | a < y < b] = e^(m + s^2/2) P(a < y' < b) / P(a < y < b), y' being centred at m + s^2.
            let (loc, scale) = loc_scale(g, params);
            let v = g.square(scale);
            let moved = g.add(loc, v);
            let above = self.log_mass(g, &[Some(moved), Some(scale)], low, high);
            let below = self.log_mass(g, params, low, high);
            let v = g.mul_c(v, 0.5);
            let l = g.add(loc, v);
            let l = g.add(l, above);
            let l = g.sub(l, below);
            g.exp(l)
        } else {
            let m = self.moments(g, params, low, high)?;
            (self.back)(g, params, m.mean)
        };
        Some(within(g, mean, low, high))
    }

    /// Median between the ends.
    pub(super) fn median(
        &self,
        g: &mut Graph,
        params: &[Option<Value>],
        low: Option<Value>,
        high: Option<Value>,
    ) -> Value {
        let half = g.scalar(0.5);
        self.between(g, params, low, high, half)
    }

    /// Entropy between the ends: E[-ln f] + ln P(low < x < high), where ln f of x is that of the law's variable z less ln dx/dz.
    pub(super) fn entropy(
        &self,
        g: &mut Graph,
        params: &[Option<Value>],
        low: Option<Value>,
        high: Option<Value>,
    ) -> Option<Value> {
        let m = self.moments(g, params, low, high)?;
        let mass = self.log_mass(g, params, low, high);
        let h = g.add(m.surprise, mass);
        let width = match self.law {
            Law::Normal | Law::Logistic | Law::Laplace | Law::Gumbel => {
                let (loc, scale) = loc_scale(g, params);
                let l = g.log(scale);
                if self.exponential {
                    // ln dx/dz = ln s + ln x
                    let y = g.mul(scale, m.mean);
                    let y = g.add(loc, y);
                    g.add(l, y)
                } else {
                    l
                }
            }
            Law::Exponential => {
                let rate = param(g, params, 0, 1.0);
                let l = g.log(rate);
                g.neg(l)
            }
            Law::HalfNormal => {
                let scale = param(g, params, 0, 1.0);
                g.log(scale)
            }
            Law::Uniform => {
                let (lo, hi) = loc_scale(g, params);
                let w = g.sub(hi, lo);
                g.log(w)
            }
        };
        Some(g.add(h, width))
    }

    fn moments(
        &self,
        g: &mut Graph,
        params: &[Option<Value>],
        low: Option<Value>,
        high: Option<Value>,
    ) -> Option<Moments> {
        let (a, b) = self.ends(g, params, low, high);
        let mass = self.log_mass(g, params, low, high);
        match self.law {
            Law::Normal => Some(normal(g, a, b, mass, HALF_LN_TAU)),
            Law::HalfNormal => {
                // From 0 on, where the normal's moments begin, too.
                let zero = g.scalar(0.0);
                Some(normal(g, Some(a.unwrap_or(zero)), b, mass, HALF_LN_TAU - LN_2))
            }
            Law::Logistic => Some(logistic(g, a, b, mass)),
            Law::Laplace => Some(laplace(g, a, b, mass)),
            Law::Exponential => Some(exponential(g, a, b)),
            Law::Uniform => {
                let (zero, one) = (g.scalar(0.0), g.scalar(1.0));
                let s = g.add(a.unwrap_or(zero), b.unwrap_or(one));
                Some(Moments { mean: g.mul_c(s, 0.5), surprise: zero })
            }
            Law::Gumbel => None,
        }
    }
}

/// `f(z) / mass` for the log-density `-energy - constant`, 0 at an end that is infinite.
fn over_mass(g: &mut Graph, energy: Option<Value>, constant: f64, mass: Value) -> Value {
    match energy {
        Some(e) => {
            let l = g.add(e, mass);
            let l = g.neg(l);
            let l = g.add_c(l, -constant);
            g.exp(l)
        }
        None => g.scalar(0.0),
    }
}

/// `v`, or 0 at an end that is infinite.
fn or_zero(g: &mut Graph, v: Option<Value>) -> Value {
    v.unwrap_or_else(|| g.scalar(0.0))
}

/// With r = f(end) / mass: E[z] = r_a - r_b, E[z^2] = 1 + a r_a - b r_b (Johnson, Kotz and Balakrishnan 1994, section 13.10.1), for the density
/// e^(-z^2/2 - constant).
fn normal(g: &mut Graph, a: Option<Value>, b: Option<Value>, mass: Value, constant: f64) -> Moments {
    let mut at = |end: Option<Value>| {
        let energy = end.map(|z| {
            let q = g.square(z);
            g.mul_c(q, 0.5)
        });
        let r = over_mass(g, energy, constant, mass);
        let z = or_zero(g, end);
        (r, g.mul(z, r))
    };
    let ((ra, za), (rb, zb)) = (at(a), at(b));
    let mean = g.sub(ra, rb);
    let second = g.sub(za, zb);
    let second = g.mul_c(second, 0.5);
    Moments { mean, surprise: g.add_c(second, 0.5 + constant) }
}

/// The antiderivative of z f is -(1 + |z|) f on both sides of 0; that of |z| f is the same on the right, its opposite on the left, and
/// E|z| = (1 - (1 + |a|) f(a) - (1 + |b|) f(b)) / mass across 0.
fn laplace(g: &mut Graph, a: Option<Value>, b: Option<Value>, mass: Value) -> Moments {
    let mut at = |end: Option<Value>| {
        let size = end.map(|z| g.unary(Unary::Abs, z));
        let r = over_mass(g, size, LN_2, mass);
        let size = or_zero(g, size);
        let size = g.add_c(size, 1.0);
        g.mul(size, r)
    };
    let (ta, tb) = (at(a), at(b));
    let mean = g.sub(ta, tb);
    // Across 0 the mass is no tail; elsewhere this is not taken.
    let mass = at_least(g, mass, -30.0);
    let mass = g.neg(mass);
    let all = g.exp(mass);
    let across = g.sub(all, ta);
    let across = g.sub(across, tb);
    let zero = g.scalar(0.0);
    let mut size = across;
    if let Some(a) = a {
        let right = g.compare(Compare::Ge, a, zero);
        size = g.select(right, mean, size);
    }
    if let Some(b) = b {
        let left = g.compare(Compare::Le, b, zero);
        let minus = g.neg(mean);
        size = g.select(left, minus, size);
    }
    Moments { mean, surprise: g.add_c(size, LN_2) }
}

/// From `a` on it is the same law again: a + 1 - w / (e^w - 1), w being the distance of the ends; -ln f is z itself.
fn exponential(g: &mut Graph, a: Option<Value>, b: Option<Value>) -> Moments {
    let a = or_zero(g, a);
    let mut mean = g.add_c(a, 1.0);
    if let Some(b) = b {
        let w = g.sub(b, a);
        // Beyond 80 the quotient is 0 in f32, and e^w has no value there.
        let w = at_least(g, w, 1e-30);
        let w = at_most(g, w, 80.0);
        let e = g.unary(Unary::Expm1, w);
        let q = g.div(w, e);
        mean = g.sub(mean, q);
    }
    Moments { mean, surprise: mean }
}

/// In u = σ(z), S = 1 - u: the antiderivative of z f is ln u - z S, that of -ln u is u - u ln u, and -ln f = z - 2 ln u. Left of the median
/// both follow by the law's symmetry.
fn logistic(g: &mut Graph, a: Option<Value>, b: Option<Value>, mass: Value) -> Moments {
    let mirrored = |g: &mut Graph| {
        let (na, nb) = (a.map(|z| g.neg(z)), b.map(|z| g.neg(z)));
        let m = half_logistic(g, nb, na, mass);
        Moments { mean: g.neg(m.mean), surprise: m.surprise }
    };
    match (a, b) {
        (Some(from), Some(_)) => {
            let (right, left) = (half_logistic(g, a, b, mass), mirrored(g));
            let upper = Law::Logistic.log_above(g, from);
            let beyond = beyond_median(g, upper);
            Moments {
                mean: g.select(beyond, right.mean, left.mean),
                surprise: g.select(beyond, right.surprise, left.surprise),
            }
        }
        (None, Some(_)) => mirrored(g),
        (Some(_), None) => half_logistic(g, a, b, mass),
        (None, None) => Moments { mean: g.scalar(0.0), surprise: g.scalar(2.0) },
    }
}

/// The same without the symmetry: for an interval that does not lie in the left tail, nor reaches its end.
fn half_logistic(g: &mut Graph, a: Option<Value>, b: Option<Value>, mass: Value) -> Moments {
    // z S / mass, -ln u / mass and u times that.
    let mut at = |end: Option<Value>| {
        let Some(z) = end else {
            let zero = g.scalar(0.0);
            return (zero, zero, zero);
        };
        let above = Law::Logistic.log_above(g, z);
        let l = g.sub(above, mass);
        let share = g.exp(l);
        let zs = g.mul(z, share);
        // ln(-ln u): above + S / 2 where S is small, where the logarithm of a logarithm would lose it.
        let near = at_most(g, z, 12.0);
        let n = g.neg(near);
        let n = g.softplus(n);
        let near = g.log(n);
        let s = g.exp(above);
        let s = g.mul_c(s, 0.5);
        let far = g.add(above, s);
        let limit = g.scalar(12.0);
        let is_far = g.compare(Compare::Gt, z, limit);
        let lost = g.select(is_far, far, near);
        let lost = g.sub(lost, mass);
        let lost = g.exp(lost);
        let u = g.sigmoid(z);
        let rest = g.mul(u, lost);
        (zs, lost, rest)
    };
    let ((za, la, ua), (zb, lb, ub)) = (at(a), at(b));
    let mean = {
        let l = g.sub(la, lb);
        let z = g.sub(za, zb);
        g.add(l, z)
    };
    let lost = g.sub(ub, ua);
    let lost = g.add_c(lost, 1.0);
    let lost = g.mul_c(lost, 2.0);
    Moments { mean, surprise: g.add(mean, lost) }
}
