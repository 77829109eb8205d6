//! Mean and entropy between two ends: of the standard laws by their antiderivatives, of the rows by the function that leads there.
//!
//! Densities at the ends are taken over the mass between them on the logarithmic scale, so that what is far out in a tail stays of the
//! size of the answer.

use super::HALF_LN_TAU;
use super::cdf::{Cdf, Ends, Law, Link, beyond_median, clamp};
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
                self.shift_scale(self.of_z(scope, moments, low, high).mean)
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
        let m = self.of_z(scope, moments, low, high);
        let log_slope = match self.link {
            Link::LocationScale(_, scale) | Link::Scale(scale) => scale.ln(),
            Link::LowHigh(lo, hi) => (hi - lo).ln(),
            Link::LogLocationScale(loc, scale) => scale.ln() + (loc + scale * m.mean),
            Link::Rate(rate) => -rate.ln(),
        };
        m.entropy + log_slope
    }

    /// Mean and entropy of z: by the moments of the law, but far out by those of its tail, where the former are small differences of
    /// large numbers.
    fn of_z(
        &self,
        scope: Scope<'g>,
        moments: MomentsOf,
        low: Option<Ex<'g>>,
        high: Option<Ex<'g>>,
    ) -> OfZ<'g> {
        let law = self.law;
        let near = |(low, high): Ends<'g>| {
            let log_mass = law.log_mass(scope, (low, high));
            let m = moments(Between { scope, low, high, log_mass });
            OfZ { mean: m.mean, entropy: m.surprisal + log_mass }
        };
        let (a, b) = self.ends(scope, low, high);
        let Some(from) = law.far() else { return near((a, b)) };
        let right = a.map(|a| a.gt(from));
        let left = b.filter(|_| law.symmetric()).map(|b| b.lt(-from));
        let pick = |far: Option<Ex<'g>>, then: Ex<'g>, other: Ex<'g>| {
            far.map_or(other, |far| far.select(then, other))
        };
        // What is far is computed as if it were not, so that what is not chosen is finite.
        let [at, beyond] = [from, from + 1.0].map(|z| scope.num(z));
        let nearer = |end: Option<Ex<'g>>, if_right: Ex<'g>, if_left: Ex<'g>| {
            end.map(|z| pick(right, if_right, pick(left, if_left, z)))
        };
        let plain = near((nearer(a, at, -beyond), nearer(b, beyond, -at)));
        let width = a.zip(b).map(|(a, b)| b - a);
        let from_right = a.map(|a| {
            let tail = law.tail(a.max(from), width);
            OfZ { mean: a + tail.mean, entropy: tail.entropy }
        });
        let from_left = b.filter(|_| law.symmetric()).map(|b| {
            let tail = law.tail((-b).max(from), width);
            OfZ { mean: b - tail.mean, entropy: tail.entropy }
        });
        let chosen = |found: OfZ<'g>, far: Option<Ex<'g>>, tail: Option<OfZ<'g>>| match (far, tail) {
            (Some(far), Some(tail)) => OfZ {
                mean: far.select(tail.mean, found.mean),
                entropy: far.select(tail.entropy, found.entropy),
            },
            (Some(_) | None, _) => found,
        };
        chosen(chosen(plain, right, from_right), left, from_left)
    }
}

/// Mean and entropy of a variable of a standard law between two ends.
#[derive(Clone, Copy)]
struct OfZ<'g> {
    mean: Ex<'g>,
    entropy: Ex<'g>,
}

impl Law {
    /// From how many scales on the law is that of [`Law::tail`].
    fn far(self) -> Option<f64> {
        match self {
            Law::Normal | Law::HalfNormal => Some(100.0),
            Law::Logistic | Law::Laplace | Law::Exponential => Some(40.0),
            Law::Gumbel | Law::Uniform => None,
        }
    }

    /// Whether there is a tail on the left, too, the mirror image of that on the right.
    fn symmetric(self) -> bool {
        match self {
            Law::Normal | Law::Logistic | Law::Laplace => true,
            Law::Exponential | Law::HalfNormal | Law::Gumbel | Law::Uniform => false,
        }
    }

    /// Beyond `a`, which is far out, over a width that may be infinite: the mean of z - a, and the entropy. With the rate r, y = r (z - a) has
    /// the density e^(-y) up to a factor; the normal law's, r = a, is e^(-y - y^2 / 2 a^2), of which the first order in 1 / a^2 is taken:
    /// d E[y] and d H are both -Cov(y, y^2) / 2.
    fn tail<'g>(self, a: Ex<'g>, width: Option<Ex<'g>>) -> OfZ<'g> {
        let (rate, bend) = match self {
            Law::Normal | Law::HalfNormal => (a, a.sq().recip()),
            Law::Logistic | Law::Laplace | Law::Exponential | Law::Gumbel | Law::Uniform => {
                (a.num(1.0), a.num(0.0))
            }
        };
        let (mean, entropy, covariance) = match width {
            Some(width) => {
                // Beyond 700 e^v has no value, and what it divides is 0.
                let v = (rate * width).max(1e-300).min(700.0);
                let q = v / v.exp_m1();
                let first = -q + 1.0;
                let second = (first * 2.0) - v * q;
                let third = second * 3.0 - v.sq() * q;
                (first, first + (-(-v).exp_m1()).ln(), third - first * second)
            }
            None => (a.num(1.0), a.num(1.0), a.num(4.0)),
        };
        let bent = bend * covariance * 0.5;
        OfZ { mean: (mean - bent) / rate, entropy: entropy - bent - rate.ln() }
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
