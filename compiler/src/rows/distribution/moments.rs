//! Mean and entropy between two ends: of the standard laws by their antiderivatives, of the rows by the function that leads there.
//!
//! Densities at the ends are taken over the mass between them on the logarithmic scale, so that what is far out in a tail stays of the
//! size of the answer.

use super::HALF_LN_TAU;
use super::cdf::{Cdf, Law, Link, beyond_median, clamp};
use crate::ir::{Ex, Scope};
use std::f64::consts::LN_2;

/// A variable of a standard law between two ends.
#[derive(Clone, Copy)]
pub(super) struct Between<'g> {
    scope: Scope<'g>,
    /// The lower end; `None` where it is infinite.
    low: Option<Ex<'g>>,
    /// The upper end; `None` where it is infinite.
    high: Option<Ex<'g>>,
    /// ln P(low < Z < high)
    log_mass: Ex<'g>,
}

/// Of a standard law between two ends.
pub(super) struct Moments<'g> {
    /// E[z]
    mean: Ex<'g>,
    /// E[-ln f(z)], f being the density of the whole law.
    surprisal: Ex<'g>,
}

/// The moments of a law between two ends.
pub(super) type MomentsOf = for<'g> fn(Between<'g>) -> Moments<'g>;

/// Why a truncated Gumbel has neither mean nor entropy.
const NO_GUMBEL: &str =
    "between two ends it needs the exponential integral, which is no function of the language's programs";

impl Law {
    /// Mean and entropy between two ends, or why they have no closed form.
    pub(super) fn moments(self) -> Result<MomentsOf, &'static str> {
        match self {
            Law::Normal => Ok(|z| normal(z, HALF_LN_TAU)),
            // From 0 on, where the normal's moments begin, too.
            Law::HalfNormal => Ok(|z| normal(Between { low: Some(z.low_or(0.0)), ..z }, HALF_LN_TAU - LN_2)),
            Law::Logistic => Ok(logistic),
            Law::Laplace => Ok(laplace),
            Law::Exponential => Ok(exponential),
            Law::Uniform => {
                Ok(|z| Moments { mean: (z.low_or(0.0) + z.high_or(1.0)) * 0.5, surprisal: z.scope.num(0.0) })
            }
            Law::Gumbel => Err(NO_GUMBEL),
        }
    }
}

impl<'g> Cdf<Link<'g>> {
    /// Mean between the ends, by the law's moments.
    pub(super) fn mean(
        &self,
        scope: Scope<'g>,
        moments: MomentsOf,
        low: Option<Ex<'g>>,
        high: Option<Ex<'g>>,
    ) -> Ex<'g> {
        let mean = match self.link {
            // E[e^y | a < y < b] = e^(m + s²/2) P(a < y' < b) / P(a < y < b), y' being centred at m + s².
            Link::LogLocationScale(loc, scale) => {
                let v = scale.sq();
                let moved = Cdf { link: Link::LogLocationScale(loc + v, scale), ..*self };
                let [above, below] = [moved, *self].map(|c| c.log_mass(scope, low, high));
                (loc + v * 0.5 + above - below).exp()
            }
            Link::LocationScale(..) | Link::LowHigh(..) | Link::Scale(_) | Link::Rate(_) => {
                self.shift_scale(moments(self.between(scope, low, high)).mean)
            }
        };
        clamp(mean, low, high)
    }

    /// Entropy between the ends, by the law's moments: E[-ln f] + ln P(low < x < high), where ln f of x is that of z less ln dx/dz.
    pub(super) fn entropy(
        &self,
        scope: Scope<'g>,
        moments: MomentsOf,
        low: Option<Ex<'g>>,
        high: Option<Ex<'g>>,
    ) -> Ex<'g> {
        let m = moments(self.between(scope, low, high));
        let log_mass = self.log_mass(scope, low, high);
        let of_z = m.surprisal + log_mass;
        let log_slope = match self.link {
            Link::LocationScale(_, scale) | Link::Scale(scale) => scale.ln(),
            Link::LowHigh(lo, hi) => (hi - lo).ln(),
            Link::LogLocationScale(loc, scale) => scale.ln() + (loc + scale * m.mean),
            Link::Rate(rate) => -rate.ln(),
        };
        of_z + log_slope
    }

    fn between(&self, scope: Scope<'g>, low: Option<Ex<'g>>, high: Option<Ex<'g>>) -> Between<'g> {
        let [from, to] = [low, high].map(|end| end.map(|x| self.standardise(x)));
        Between { scope, low: from, high: to, log_mass: self.log_mass(scope, low, high) }
    }
}

impl<'g> Between<'g> {
    fn low_or(self, end: f64) -> Ex<'g> {
        self.low.unwrap_or_else(|| self.scope.num(end))
    }
    fn high_or(self, end: f64) -> Ex<'g> {
        self.high.unwrap_or_else(|| self.scope.num(end))
    }
    /// `term` of both ends, 0 at one that is infinite.
    fn at_ends<const N: usize>(self, term: impl Fn(Ex<'g>) -> [Ex<'g>; N]) -> [[Ex<'g>; N]; 2] {
        [self.low, self.high].map(|end| end.map_or_else(|| [self.scope.num(0.0); N], &term))
    }
    /// `f / mass` for the log-density `-energy - constant`.
    fn density(self, energy: Ex<'g>, constant: f64) -> Ex<'g> {
        (-(energy + self.log_mass) - constant).exp()
    }
}

/// With r = f(end) / mass: E[z] = r_a - r_b, E[z^2] = 1 + a r_a - b r_b (Johnson, Kotz and Balakrishnan 1994, section 13.10.1), for the density
/// e^(-z^2/2 - constant).
fn normal(z: Between<'_>, constant: f64) -> Moments<'_> {
    let [[ra, za], [rb, zb]] = z.at_ends(|end| {
        let r = z.density(end.sq() * 0.5, constant);
        [r, end * r]
    });
    Moments { mean: ra - rb, surprisal: (za - zb) * 0.5 + (0.5 + constant) }
}

/// The antiderivative of z f is -(1 + |z|) f on both sides of 0; that of |z| f is the same on the right, its opposite on the left, and
/// E|z| = (1 - (1 + |a|) f(a) - (1 + |b|) f(b)) / mass across 0.
fn laplace(z: Between<'_>) -> Moments<'_> {
    let [[ta], [tb]] = z.at_ends(|end| {
        let size = end.abs();
        let r = z.density(size, LN_2);
        [(size + 1.0) * r]
    });
    let mean = ta - tb;
    // Across 0 the mass is no tail; elsewhere this is not taken.
    let across = (-z.log_mass.max(-30.0)).exp() - ta - tb;
    let size = z.low.map_or(across, |a| a.ge(0.0).select(mean, across));
    let size = z.high.map_or(size, |b| b.le(0.0).select(-mean, size));
    Moments { mean, surprisal: size + LN_2 }
}

/// From `a` on it is the same law again: a + 1 - w / (e^w - 1), w being the distance of the ends; -ln f is z itself.
fn exponential(z: Between<'_>) -> Moments<'_> {
    let a = z.low_or(0.0);
    let free = a + 1.0;
    let mean = z.high.map_or(free, |b| {
        // Beyond 80 the quotient is 0 in f32, and e^w has no value there.
        let w = (b - a).max(1e-30).min(80.0);
        free - w / w.exp_m1()
    });
    Moments { mean, surprisal: mean }
}

/// Left of the median both moments follow by the law's symmetry from those on the right.
fn logistic(z: Between<'_>) -> Moments<'_> {
    let right = || half_logistic(z);
    let left = || {
        let [high, low] = [z.low, z.high].map(|end| end.map(|z| -z));
        let m = half_logistic(Between { low, high, ..z });
        Moments { mean: -m.mean, surprisal: m.surprisal }
    };
    match (z.low, z.high) {
        (Some(a), Some(_)) => {
            let (right, left) = (right(), left());
            let beyond = beyond_median(Law::Logistic.log_survival(a));
            Moments {
                mean: beyond.select(right.mean, left.mean),
                surprisal: beyond.select(right.surprisal, left.surprisal),
            }
        }
        (None, Some(_)) => left(),
        (Some(_), None) => right(),
        (None, None) => Moments { mean: z.scope.num(0.0), surprisal: z.scope.num(2.0) },
    }
}

/// For an interval that does not lie in the left tail, nor reaches its end. In u = σ(z), S = 1 - u: the antiderivative of z f is
/// ln u - z S, that of -ln u is u - u ln u, and -ln f = z - 2 ln u.
fn half_logistic(z: Between<'_>) -> Moments<'_> {
    // z S / mass, -ln u / mass and u times that.
    let [[za, la, ua], [zb, lb, ub]] = z.at_ends(|end| {
        let above = Law::Logistic.log_survival(end);
        let zs = end * (above - z.log_mass).exp();
        // ln(-ln u): above + S / 2 where S is small, where the logarithm of a logarithm would lose it.
        let near = (-end.min(12.0)).softplus().ln();
        let far = above + above.exp() * 0.5;
        let lost = (end.gt(12.0).select(far, near) - z.log_mass).exp();
        [zs, lost, end.sigmoid() * lost]
    });
    let mean = la - lb + (za - zb);
    Moments { mean, surprisal: mean + (ub - ua + 1.0) * 2.0 }
}
