//! Distribution functions on a logarithmic scale and their inverses, sound in both tails: what `Truncated` is made of.
//!
//! Every row here is an increasing function of a standard law (`Normal(m, s)` of the standard normal, `LogNormal` of the same), so a row
//! says which law and which function, and a law says the rest. All of it is meant for f64 ([`Scope::wide`]). Values stay finite, and so
//! do their derivatives, wherever `select` later takes the other branch: logarithms of probabilities are kept at or below -`TINY`.

#![expect(clippy::excessive_precision, reason = "coefficients as they are published")]

use super::HALF_LN_TAU;
use crate::ir::{Ex, Scope};
use std::f64::consts::{FRAC_1_SQRT_2, LN_2};

/// Stands for 0 where a logarithm is taken.
const TINY: f64 = 1e-300;
/// Changes of a log-density that are small.
const NARROW: f64 = 1e-5;
/// The largest exponent that is taken: its exponential is finite in f64.
const LARGEST: f64 = 700.0;

/// A distribution function in closed form: the standard law of a variable z, and how x follows from z.
#[derive(Clone, Copy)]
pub struct Cdf<L> {
    /// The law of z.
    pub law: Law,
    /// x from z, as a [`Link`] or a function of the parameters that gives one.
    pub link: L,
}

/// Standard laws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// On the reals, of variance 1.
    Normal,
    /// On the reals, of scale 1.
    Logistic,
    /// On the reals, of scale 1.
    Laplace,
    /// On the reals, of scale 1.
    Gumbel,
    /// On z > 0, of rate 1.
    Exponential,
    /// |z| of a standard normal z.
    HalfNormal,
    /// On 0 < z < 1.
    Uniform,
}

/// An increasing function of a variable z of a standard law.
#[derive(Clone, Copy)]
pub enum Link<'g> {
    /// loc + scale z
    LocationScale(Ex<'g>, Ex<'g>),
    /// lo + (hi - lo) z
    LowHigh(Ex<'g>, Ex<'g>),
    /// e^(loc + scale z)
    LogLocationScale(Ex<'g>, Ex<'g>),
    /// scale z
    Scale(Ex<'g>),
    /// z / rate
    Rate(Ex<'g>),
}

impl<'g> Link<'g> {
    /// z from x
    fn standardise(self, x: Ex<'g>) -> Ex<'g> {
        match self {
            Link::LocationScale(loc, scale) => (x - loc) / scale,
            Link::LowHigh(lo, hi) => (x - lo) / (hi - lo),
            Link::LogLocationScale(loc, scale) => (x.max(TINY).ln() - loc) / scale,
            Link::Scale(scale) => x / scale,
            Link::Rate(rate) => rate * x,
        }
    }
    /// x from z
    fn shift_scale(self, z: Ex<'g>) -> Ex<'g> {
        match self {
            Link::LocationScale(loc, scale) => loc + scale * z,
            Link::LowHigh(lo, hi) => lo + (hi - lo) * z,
            Link::LogLocationScale(loc, scale) => (loc + scale * z).exp(),
            Link::Scale(scale) => scale * z,
            Link::Rate(rate) => z / rate,
        }
    }
    /// ln dz/dx at x
    fn log_slope(self, x: Ex<'g>) -> Ex<'g> {
        match self {
            Link::LocationScale(_, scale) | Link::Scale(scale) => -scale.ln(),
            Link::LowHigh(lo, hi) => -(hi - lo).ln(),
            Link::LogLocationScale(_, scale) => -scale.ln() - x.max(TINY).ln(),
            Link::Rate(rate) => rate.ln(),
        }
    }
}

/// The mass between two ends, `ln P = ln f(at) + log_size`, where the density f is taken at a point that belongs to them: far out in a
/// tail both are as large as the square of the distance, and what a density within the ends needs is their difference.
struct Mass<'g> {
    at: Ex<'g>,
    log_size: Ex<'g>,
}

/// The ends of an interval of z.
pub(super) type Ends<'g> = (Option<Ex<'g>>, Option<Ex<'g>>);

impl<'g> Cdf<Link<'g>> {
    /// z at an end of an interval, inside of the law's support.
    pub(super) fn standardise(&self, x: Ex<'g>) -> Ex<'g> {
        let z = self.link.standardise(x);
        match self.law {
            Law::Normal | Law::Logistic | Law::Laplace | Law::Gumbel => z,
            Law::Exponential | Law::HalfNormal => z.max(0.0),
            Law::Uniform => z.max(0.0).min(1.0),
        }
    }

    /// z at both ends; where there is none, at the end of the law's support, if it has one.
    pub(super) fn ends(&self, s: Scope<'g>, low: Option<Ex<'g>>, high: Option<Ex<'g>>) -> Ends<'g> {
        let [low, high] = [low, high].map(|end| end.map(|x| self.standardise(x)));
        match self.law {
            Law::Normal | Law::Logistic | Law::Laplace | Law::Gumbel => (low, high),
            Law::Exponential | Law::HalfNormal => (low.or_else(|| Some(s.num(0.0))), high),
            Law::Uniform => (low.or_else(|| Some(s.num(0.0))), high.or_else(|| Some(s.num(1.0)))),
        }
    }

    /// x from z
    pub(super) fn shift_scale(&self, z: Ex<'g>) -> Ex<'g> {
        self.link.shift_scale(z)
    }

    /// Log-density at `x` of what lies between `low` and `high`; an end that is absent is infinite. Outside of them it means nothing.
    pub(super) fn log_prob(&self, x: Ex<'g>, low: Option<Ex<'g>>, high: Option<Ex<'g>>) -> Ex<'g> {
        let z = self.link.standardise(x);
        let mass = self.law.mass(x.scope(), self.ends(x.scope(), low, high));
        self.link.log_slope(x) - self.law.rise(z, mass.at) - mass.log_size
    }

    /// `ln P(low < x < high)`; an end that is absent is infinite.
    pub fn log_mass(&self, s: Scope<'g>, low: Option<Ex<'g>>, high: Option<Ex<'g>>) -> Ex<'g> {
        self.law.log_mass(s, self.ends(s, low, high))
    }

    /// The point between `low` and `high` that has the part `u` of their mass on one side: a draw, for a uniform `u`.
    pub fn quantile_between(&self, low: Option<Ex<'g>>, high: Option<Ex<'g>>, u: Ex<'g>) -> Ex<'g> {
        let law = self.law;
        let z = match self.ends(u.scope(), low, high) {
            (Some(a), Some(b)) => {
                let upper = law.log_survival(a);
                let right = log_interpolate(upper, law.log_survival(b), u);
                let left = log_interpolate(law.log_cdf(b), law.log_cdf(a), u);
                let z =
                    beyond_median(upper).select(law.inverse_log_survival(right), law.inverse_log_cdf(left));
                law.narrow(a, b).select(a + u * (b - a), z)
            }
            (Some(a), None) => law.inverse_log_survival(law.log_survival(a) + u.ln()),
            (None, Some(b)) => law.inverse_log_cdf(law.log_cdf(b) + u.ln()),
            (None, None) => law.inverse_log_cdf(u.ln()),
        };
        clamp(self.shift_scale(z), low, high)
    }
}

impl Law {
    /// Where the tail on the right begins, and that on the left, if it has one: the median, or where the law itself begins.
    fn centre(self) -> f64 {
        match self {
            Law::Normal
            | Law::Logistic
            | Law::Laplace
            | Law::Exponential
            | Law::HalfNormal
            | Law::Uniform => 0.0,
            Law::Gumbel => 0.366_512_920_581_664_35,
        }
    }

    /// ln of the density
    fn log_density(self, z: Ex<'_>) -> Ex<'_> {
        match self {
            Law::Normal => z.sq() * -0.5 - HALF_LN_TAU,
            Law::HalfNormal => z.sq() * -0.5 - (HALF_LN_TAU - LN_2),
            Law::Logistic => -(z.abs() + (-z.abs()).softplus() * 2.0),
            // No `abs`: at 0 its derivative is 0, and an interval in the right tail may begin there.
            Law::Laplace => z.ge(0.0).select(-z, z) - LN_2,
            Law::Gumbel => -(z + (-z).min(LARGEST).exp()),
            Law::Exponential => -z,
            Law::Uniform => z * 0.0,
        }
    }

    /// ln f(at) - ln f(z), without what the two have in common.
    fn rise<'g>(self, z: Ex<'g>, at: Ex<'g>) -> Ex<'g> {
        match self {
            Law::Normal | Law::HalfNormal => (z - at) * (z + at) * 0.5,
            Law::Logistic | Law::Laplace => self.log_density(at) - self.log_density(z),
            Law::Gumbel => (z - at) + (-at).min(LARGEST).exp() * (at - z).min(LARGEST).exp_m1(),
            Law::Exponential => z - at,
            Law::Uniform => z * 0.0,
        }
    }

    /// ln of the mass above z less the log-density there, for z at or beyond the centre.
    fn beyond(self, z: Ex<'_>) -> Ex<'_> {
        match self {
            Law::Normal | Law::HalfNormal => log_mills(z),
            Law::Logistic => (-z).softplus(),
            Law::Laplace => z * 0.0,
            Law::Gumbel => {
                let y = (-z).exp();
                log_mean_decay(y) + y
            }
            Law::Exponential => z * 0.0,
            Law::Uniform => (-z).ln_1p(),
        }
    }

    /// ln of the mass below z less the log-density there, for z at or below the centre.
    fn below(self, z: Ex<'_>) -> Ex<'_> {
        match self {
            Law::Normal | Law::Logistic | Law::Laplace => self.beyond(-z),
            Law::Gumbel => z,
            Law::Exponential | Law::HalfNormal | Law::Uniform => self.log_cdf(z) - self.log_density(z),
        }
    }

    /// Whether the density changes so little between two ends that its value in the middle is its mean, to 1e-11.
    fn narrow<'g>(self, a: Ex<'g>, b: Ex<'g>) -> Ex<'g> {
        let m = (a + b) * 0.5;
        let w = b - a;
        match self {
            Law::Normal | Law::HalfNormal => ((m.abs() + 1.0) * w).lt(NARROW),
            Law::Logistic | Law::Laplace | Law::Exponential => w.lt(NARROW),
            Law::Gumbel => (((-m).min(LARGEST).exp() + 1.0) * w).lt(NARROW),
            Law::Uniform => w.ge(0.0),
        }
    }

    /// ln of the mass between two ends.
    pub(super) fn log_mass<'g>(self, s: Scope<'g>, ends: Ends<'g>) -> Ex<'g> {
        let mass = self.mass(s, ends);
        mass.log_size + self.log_density(mass.at)
    }

    /// The mass between two ends.
    fn mass<'g>(self, s: Scope<'g>, ends: Ends<'g>) -> Mass<'g> {
        let m = self.centre();
        match ends {
            (Some(a), Some(b)) => self.between(a, b),
            (Some(a), None) => {
                let right = a.max(m);
                let whole = self.log_survival(a.min(m)) - self.log_density(s.num(m));
                Mass { at: right, log_size: a.ge(m).select(self.beyond(right), whole) }
            }
            (None, Some(b)) => {
                let left = b.min(m);
                let whole = self.log_cdf(b.max(m)) - self.log_density(s.num(m));
                Mass { at: left, log_size: b.lt(m).select(self.below(left), whole) }
            }
            (None, None) => Mass { at: s.num(m), log_size: -self.log_density(s.num(m)) },
        }
    }

    /// The mass between two ends: of a narrow interval by its middle, in a tail by the end that is nearer to the centre, else from the
    /// centre. What is not chosen is computed for a tail or an interval that begins at the centre, so that it is finite.
    fn between<'g>(self, a: Ex<'g>, b: Ex<'g>) -> Mass<'g> {
        let m = self.centre();
        let (right, left) = (a.ge(m), b.lt(m));
        let (ra, rb) = (a.max(m), b.max(m));
        let above = self.beyond(rb) - self.rise(rb, ra);
        let beyond = self.beyond(ra) + log1m_exp(above - self.beyond(ra));
        let (la, lb) = (a.min(m), b.min(m));
        let under = self.below(la) - self.rise(la, lb);
        let below = self.below(lb) + log1m_exp(under - self.below(lb));
        let upto = self.log_cdf(rb);
        let across = upto + log1m_exp(self.log_cdf(la) - upto) - self.log_density(a.num(m));
        let at = right.select(ra, left.select(lb, m));
        let log_size = right.select(beyond, left.select(below, across));
        let (narrow, middle) = (self.narrow(a, b), (a + b) * 0.5);
        Mass { at: narrow.select(middle, at), log_size: narrow.select((b - a).max(TINY).ln(), log_size) }
    }

    /// ln P(Z > z)
    pub(super) fn log_survival(self, z: Ex<'_>) -> Ex<'_> {
        match self {
            Law::Normal => normal_log_survival(z),
            Law::Logistic => -z.softplus(),
            Law::Laplace => laplace_log_survival(z),
            Law::Gumbel => {
                let y = (-z).min(LARGEST).exp();
                log_mean_decay(y) - z.max(-LARGEST)
            }
            Law::Exponential => -z,
            Law::HalfNormal => normal_log_survival(z) + LN_2,
            Law::Uniform => (-z.min(1.0 - 1e-16)).ln_1p(),
        }
    }

    /// ln P(Z <= z)
    fn log_cdf(self, z: Ex<'_>) -> Ex<'_> {
        match self {
            Law::Normal | Law::Logistic | Law::Laplace => self.log_survival(-z),
            Law::Gumbel => -(-z).min(LARGEST).exp(),
            Law::Exponential | Law::HalfNormal => log1m_exp(self.log_survival(z)),
            Law::Uniform => z.max(TINY).ln(),
        }
    }

    /// The z with ln P(Z > z) = l.
    fn inverse_log_survival(self, l: Ex<'_>) -> Ex<'_> {
        let l = l.min(-TINY);
        match self {
            Law::Normal => normal_inverse_log_survival(l),
            Law::Logistic => log1m_exp(l) - l,
            Law::Laplace => {
                let near = log1m_exp(l) + LN_2;
                beyond_median(l).select(-(l + LN_2), near)
            }
            Law::Gumbel | Law::Uniform => self.inverse_log_cdf(log1m_exp(l)),
            Law::Exponential => -l,
            Law::HalfNormal => normal_inverse_log_survival(l - LN_2),
        }
    }

    /// The z with ln P(Z <= z) = l.
    fn inverse_log_cdf(self, l: Ex<'_>) -> Ex<'_> {
        let l = l.min(-TINY);
        match self {
            Law::Normal | Law::Logistic | Law::Laplace => -self.inverse_log_survival(l),
            Law::Gumbel => -(-l).ln(),
            Law::Exponential | Law::HalfNormal => self.inverse_log_survival(log1m_exp(l)),
            Law::Uniform => l.exp(),
        }
    }
}

/// `x`, which rounding may have moved out of the interval.
pub(super) fn clamp<'g>(x: Ex<'g>, low: Option<Ex<'g>>, high: Option<Ex<'g>>) -> Ex<'g> {
    let x = low.map_or(x, |low| x.max(low));
    high.map_or(x, |high| x.min(high))
}

/// Whether a point with this logarithm of the mass above it lies beyond the median.
pub(super) fn beyond_median(log_survival: Ex<'_>) -> Ex<'_> {
    log_survival.lt(-LN_2)
}

/// ln(1 - e^l) for l < 0, by the better of two forms on each side of -ln 2. (Maechler 2012, "Accurately computing log(1 - exp(-|a|))".)
fn log1m_exp(l: Ex<'_>) -> Ex<'_> {
    let l = l.min(-TINY);
    let near = (-l.max(-LN_2).exp_m1()).ln();
    let far = (-l.min(-LN_2).exp()).ln_1p();
    l.gt(-LN_2).select(near, far)
}

/// ln((1 - e^-y) / y) for y > 0
fn log_mean_decay(y: Ex<'_>) -> Ex<'_> {
    let (small, large) = (y.min(1e-4), y.max(1e-4));
    let near = small * (small * (1.0 / 24.0) - 0.5);
    y.lt(1e-4).select(near, log1m_exp(-large) - large.ln())
}

/// ln(e^more - u (e^more - e^less))
fn log_interpolate<'g>(more: Ex<'g>, less: Ex<'g>, u: Ex<'g>) -> Ex<'g> {
    more + (u * (less - more).min(0.0).exp_m1()).ln_1p()
}

/// c[0] + c[1] x + c[2] x² + ..
pub(super) fn polynomial<'g>(c: &[f64], x: Ex<'g>) -> Ex<'g> {
    let mut terms = c.iter().rev();
    let highest = x.num(terms.next().copied().unwrap_or(0.0));
    terms.fold(highest, |p, &k| p * x + k)
}

/// ln(e^(w²) erfc(w) / t), t = 2 / (2 + w), w >= 0, as a polynomial in 2 t - 1: Chebyshev interpolation at 64 nodes computed with 60
/// digits, cut after degree 20 (the terms left out sum to less than 2e-13).
const LOG_ERFCX: [f64; 21] = [
    -0.6717940840566903,
    0.6726432239801886,
    0.047343306841332665,
    -0.04689561041928232,
    -0.009872689339502133,
    0.008824942684389957,
    0.0017589330595699703,
    -0.002345854174615114,
    -0.0001462420635759325,
    0.0006739112264692042,
    -9.37625060511117e-05,
    -0.0001750876339915449,
    7.150155985697925e-05,
    3.3422853694137726e-05,
    -3.0432773413602292e-05,
    -2.164352692287398e-06,
    8.966703359129732e-06,
    -9.569063754683688e-07,
    -1.7233176592624477e-06,
    2.344846432165095e-07,
    1.6415045186187208e-07,
];

/// ln of the mass of a standard normal above z >= 0 over its density there (Mills' ratio): ln(e^(w²) erfc(w)) + ln √(π / 2), w = z / √2.
fn log_mills(z: Ex<'_>) -> Ex<'_> {
    let t = (z * (0.5 * FRAC_1_SQRT_2) + 1.0).recip();
    polynomial(&LOG_ERFCX, t * 2.0 - 1.0) + t.ln() + (HALF_LN_TAU - LN_2)
}

/// ln P(Z > z) of a standard normal, by the tail on its side of 0, so that 40 standard deviations are no different from one.
fn normal_log_survival(z: Ex<'_>) -> Ex<'_> {
    let right = z.gt(0.0);
    // No `abs`: at 0 its derivative is 0.
    let w = right.select(z, -z);
    let tail = log_mills(w) - w.sq() * 0.5 - HALF_LN_TAU;
    right.select(tail, (-tail.exp()).ln_1p())
}

/// -ln 2 - z for z > 0, else ln(1 - e^z / 2).
fn laplace_log_survival(z: Ex<'_>) -> Ex<'_> {
    let (far, near) = (-(z + LN_2), (z.min(0.0).exp() * -0.5).ln_1p());
    z.gt(0.0).select(far, near)
}

/// The three pairs of polynomials of Wichura 1988 (algorithm AS 241, PPND16), relative error about 1e-16.
const CENTRE: [[f64; 8]; 2] = [
    [
        3.387132872796366608,
        133.14166789178437745,
        1971.5909503065514427,
        13731.693765509461125,
        45921.953931549871457,
        67265.770927008700853,
        33430.575583588128105,
        2509.0809287301226727,
    ],
    [
        1.0,
        42.313330701600911252,
        687.1870074920579083,
        5394.1960214247511077,
        21213.794301586595867,
        39307.89580009271061,
        28729.085735721942674,
        5226.495278852854561,
    ],
];
const MIDDLE: [[f64; 8]; 2] = [
    [
        1.42343711074968357734,
        4.6303378461565452959,
        5.7694972214606914055,
        3.64784832476320460504,
        1.27045825245236838258,
        0.24178072517745061177,
        0.0227238449892691845833,
        7.7454501427834140764e-4,
    ],
    [
        1.0,
        2.05319162663775882187,
        1.6763848301838038494,
        0.68976733498510000455,
        0.14810397642748007459,
        0.0151986665636164571966,
        5.475938084995344946e-4,
        1.05075007164441684324e-9,
    ],
];
const FAR: [[f64; 8]; 2] = [
    [
        6.6579046435011037772,
        5.4637849111641143699,
        1.7848265399172913358,
        0.29656057182850489123,
        0.026532189526576123093,
        0.0012426609473880784386,
        2.71155556874348757815e-5,
        2.01033439929228813265e-7,
    ],
    [
        1.0,
        0.59983220655588793769,
        0.13692988092273580531,
        0.0148753612908506148525,
        7.868691311456132591e-4,
        1.8463183175100546818e-5,
        1.4215117583164458887e-7,
        2.04426310338993978564e-15,
    ],
];

fn ratio<'g>([over, under]: &[[f64; 8]; 2], x: Ex<'g>) -> Ex<'g> {
    polynomial(over, x) / polynomial(under, x)
}

/// The z with ln P(Z > z) = l < 0, Z standard normal: Wichura 1988, with the logarithm of the tail as argument where he takes it anyway.
fn normal_inverse_log_survival(l: Ex<'_>) -> Ex<'_> {
    let right = beyond_median(l);
    // The smaller of the two tails.
    let tail = right.select(l, log1m_exp(l));
    let q = -tail.exp() + 0.5;
    let central = q.le(0.425);
    let q = q.min(0.425);
    let centre = q * ratio(&CENTRE, -q.sq() + 0.180625);
    // -ln of the tail is at least 2.59 outside of the centre.
    let s = (-tail).max(2.5).sqrt();
    let middle = ratio(&MIDDLE, s.min(5.0) - 1.6);
    // Beyond 27, where the polynomials are not meant for, a step of Newton's on ln of the tail makes up for it.
    let far = ratio(&FAR, s.max(5.0) - 5.0);
    let mills = log_mills(far);
    let far = far + (mills - far.sq() * 0.5 - HALF_LN_TAU - tail.min(-25.0)) * mills.exp();
    let outer = s.gt(5.0).select(far, middle);
    let z = central.select(centre, outer);
    right.select(z, -z)
}
