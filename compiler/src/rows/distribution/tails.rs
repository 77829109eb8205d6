//! Distribution functions on a logarithmic scale and their inverses, sound in both tails: what `Truncated` is made of.
//!
//! Every row here is an increasing function of a standard law (`Normal(m, s)` of the standard normal, `LogNormal` of the same), so a row
//! says which law and which function, and a law says the rest. Values stay finite, and so do their derivatives, wherever `select` later
//! takes the other branch: logarithms of probabilities are kept at or below -[`TINY`].

use super::{loc_scale, param, place, standardise};
use crate::ir::{Binary, Compare, Graph, Unary, Value};
use std::f64::consts::{FRAC_1_SQRT_2, LN_2};

/// Stands for 0 where a logarithm is taken; normal in f32.
const TINY: f64 = 1e-30;

/// How a row follows from a standard law.
pub struct Tails {
    /// The standard law.
    pub(super) law: Law,
    /// The law's variable from `x`; increasing.
    standard: fn(&mut Graph, &[Option<Value>], Value) -> Value,
    /// `x` from the law's variable.
    pub(super) back: fn(&mut Graph, &[Option<Value>], Value) -> Value,
    /// Whether `back` is e to a linear function, instead of a linear function.
    pub(super) exponential: bool,
}

/// Standard laws.
#[derive(Clone, Copy)]
pub(super) enum Law {
    Normal,
    Logistic,
    Laplace,
    Gumbel,
    /// On z > 0.
    Exponential,
    /// |z| of a standard normal z.
    HalfNormal,
    /// On 0 < z < 1.
    Uniform,
}

/// `Normal`.
pub(super) static NORMAL: Tails = Tails { law: Law::Normal, standard, back: place, exponential: false };
/// `Logistic`.
pub(super) static LOGISTIC: Tails = Tails { law: Law::Logistic, standard, back: place, exponential: false };
/// `Laplace`.
pub(super) static LAPLACE: Tails = Tails { law: Law::Laplace, standard, back: place, exponential: false };
/// `Gumbel`.
pub(super) static GUMBEL: Tails = Tails { law: Law::Gumbel, standard, back: place, exponential: false };
/// `LogNormal`.
pub(super) static LOG_NORMAL: Tails = Tails {
    law: Law::Normal,
    standard: |g, p, x| {
        let x = at_least(g, x, TINY);
        let y = g.log(x);
        standard(g, p, y)
    },
    back: |g, p, z| {
        let y = place(g, p, z);
        g.exp(y)
    },
    exponential: true,
};
/// `Exponential`.
pub(super) static EXPONENTIAL: Tails = Tails {
    law: Law::Exponential,
    standard: |g, p, x| {
        let rate = param(g, p, 0, 1.0);
        let z = g.mul(rate, x);
        at_least(g, z, TINY)
    },
    back: |g, p, z| {
        let rate = param(g, p, 0, 1.0);
        g.div(z, rate)
    },
    exponential: false,
};
/// `HalfNormal`.
pub(super) static HALF_NORMAL: Tails = Tails {
    law: Law::HalfNormal,
    standard: |g, p, x| {
        let scale = param(g, p, 0, 1.0);
        let z = g.div(x, scale);
        at_least(g, z, TINY)
    },
    back: |g, p, z| {
        let scale = param(g, p, 0, 1.0);
        g.mul(scale, z)
    },
    exponential: false,
};
/// `Uniform`.
pub(super) static UNIFORM: Tails = Tails {
    law: Law::Uniform,
    standard: |g, p, x| {
        let (lo, hi) = loc_scale(g, p);
        let (d, w) = (g.sub(x, lo), g.sub(hi, lo));
        let z = g.div(d, w);
        let z = at_least(g, z, TINY);
        at_most(g, z, 1.0 - 1e-7)
    },
    back: |g, p, z| {
        let (lo, hi) = loc_scale(g, p);
        let w = g.sub(hi, lo);
        let d = g.mul(w, z);
        g.add(lo, d)
    },
    exponential: false,
};

fn standard(g: &mut Graph, params: &[Option<Value>], x: Value) -> Value {
    standardise(g, params, x).0
}

impl Tails {
    /// `ln P(low < x < high)`; an end that is absent is infinite. Where the interval lies above the median it is a difference of upper
    /// tails, else of lower ones, so that nothing cancels but what the two ends have in common.
    pub fn log_mass(
        &self,
        g: &mut Graph,
        params: &[Option<Value>],
        low: Option<Value>,
        high: Option<Value>,
    ) -> Value {
        let (a, b) = self.ends(g, params, low, high);
        match (a, b) {
            (Some(a), Some(b)) => {
                let upper = self.law.log_above(g, a);
                let (above, below) = (self.law.log_above(g, b), self.law.log_below(g, a));
                let lower = self.law.log_below(g, b);
                let (up, down) = (difference(g, upper, above), difference(g, lower, below));
                let right = beyond_median(g, upper);
                g.select(right, up, down)
            }
            (Some(a), None) => self.law.log_above(g, a),
            (None, Some(b)) => self.law.log_below(g, b),
            (None, None) => g.scalar(0.0),
        }
    }

    /// The point between `low` and `high` that has the part `u` of their mass on one side: a draw, for a uniform `u`.
    pub fn between(
        &self,
        g: &mut Graph,
        params: &[Option<Value>],
        low: Option<Value>,
        high: Option<Value>,
        u: Value,
    ) -> Value {
        let (a, b) = self.ends(g, params, low, high);
        let z = match (a, b) {
            (Some(a), Some(b)) => {
                let upper = self.law.log_above(g, a);
                let (above, below) = (self.law.log_above(g, b), self.law.log_below(g, a));
                let lower = self.law.log_below(g, b);
                let (up, down) = (part(g, upper, above, u), part(g, lower, below, u));
                let (up, down) = (self.law.at_above(g, up), self.law.at_below(g, down));
                let right = beyond_median(g, upper);
                g.select(right, up, down)
            }
            (Some(a), None) => {
                let l = self.law.log_above(g, a);
                let l = log_share(g, l, u);
                self.law.at_above(g, l)
            }
            (None, Some(b)) => {
                let l = self.law.log_below(g, b);
                let l = log_share(g, l, u);
                self.law.at_below(g, l)
            }
            (None, None) => {
                let l = g.log(u);
                self.law.at_below(g, l)
            }
        };
        let x = (self.back)(g, params, z);
        within(g, x, low, high)
    }

    pub(super) fn ends(
        &self,
        g: &mut Graph,
        params: &[Option<Value>],
        low: Option<Value>,
        high: Option<Value>,
    ) -> (Option<Value>, Option<Value>) {
        (low.map(|v| (self.standard)(g, params, v)), high.map(|v| (self.standard)(g, params, v)))
    }
}

impl Law {
    /// ln P(Z > z)
    pub(super) fn log_above(self, g: &mut Graph, z: Value) -> Value {
        match self {
            Law::Normal => normal_log_above(g, z),
            Law::Logistic => {
                let s = g.softplus(z);
                g.neg(s)
            }
            Law::Laplace => laplace_log_above(g, z),
            Law::Gumbel => {
                let l = self.log_below(g, z);
                log1m_exp(g, l)
            }
            Law::Exponential => g.neg(z),
            Law::HalfNormal => {
                let l = normal_log_above(g, z);
                g.add_c(l, LN_2)
            }
            Law::Uniform => {
                let n = g.neg(z);
                g.unary(Unary::Log1p, n)
            }
        }
    }

    /// ln P(Z <= z)
    pub(super) fn log_below(self, g: &mut Graph, z: Value) -> Value {
        match self {
            Law::Normal | Law::Logistic | Law::Laplace => {
                let n = g.neg(z);
                self.log_above(g, n)
            }
            // -e^-z, from -69 on limited so that its exponential stays finite.
            Law::Gumbel => {
                let z = at_least(g, z, -80.0);
                let n = g.neg(z);
                let e = g.exp(n);
                g.neg(e)
            }
            Law::Exponential | Law::HalfNormal => {
                let l = self.log_above(g, z);
                log1m_exp(g, l)
            }
            Law::Uniform => g.log(z),
        }
    }

    /// The z with ln P(Z > z) = l.
    fn at_above(self, g: &mut Graph, l: Value) -> Value {
        let l = at_most(g, l, -TINY);
        match self {
            Law::Normal => normal_at_above(g, l),
            // ln(1 / p - 1)
            Law::Logistic => {
                let r = log1m_exp(g, l);
                g.sub(r, l)
            }
            Law::Laplace => {
                let (near, far) = (log1m_exp(g, l), g.add_c(l, LN_2));
                let near = g.add_c(near, LN_2);
                let far = g.neg(far);
                let right = beyond_median(g, l);
                g.select(right, far, near)
            }
            Law::Gumbel | Law::Uniform => {
                let l = log1m_exp(g, l);
                self.at_below(g, l)
            }
            Law::Exponential => g.neg(l),
            Law::HalfNormal => {
                let l = g.add_c(l, -LN_2);
                normal_at_above(g, l)
            }
        }
    }

    /// The z with ln P(Z <= z) = l.
    fn at_below(self, g: &mut Graph, l: Value) -> Value {
        let l = at_most(g, l, -TINY);
        match self {
            Law::Normal | Law::Logistic | Law::Laplace => {
                let z = self.at_above(g, l);
                g.neg(z)
            }
            Law::Gumbel => {
                let n = g.neg(l);
                let e = g.log(n);
                g.neg(e)
            }
            Law::Exponential | Law::HalfNormal => {
                let l = log1m_exp(g, l);
                self.at_above(g, l)
            }
            Law::Uniform => g.exp(l),
        }
    }
}

/// `x`, which rounding may have moved out of the interval.
pub(super) fn within(g: &mut Graph, mut x: Value, low: Option<Value>, high: Option<Value>) -> Value {
    if let Some(low) = low {
        x = g.binary(Binary::Max, x, low);
    }
    if let Some(high) = high {
        x = g.binary(Binary::Min, x, high);
    }
    x
}

pub(super) fn at_least(g: &mut Graph, x: Value, least: f64) -> Value {
    let c = g.scalar(least);
    g.binary(Binary::Max, x, c)
}

pub(super) fn at_most(g: &mut Graph, x: Value, most: f64) -> Value {
    let c = g.scalar(most);
    g.binary(Binary::Min, x, c)
}

/// Whether a point with this logarithm of the mass above it lies beyond the median.
pub(super) fn beyond_median(g: &mut Graph, log_above: Value) -> Value {
    let half = g.scalar(-LN_2);
    g.compare(Compare::Lt, log_above, half)
}

/// ln(1 - e^l) for l < 0, by the better of two forms on each side of -ln 2. (Maechler 2012, "Accurately computing log(1 - exp(-|a|))".)
fn log1m_exp(g: &mut Graph, l: Value) -> Value {
    let l = at_most(g, l, -TINY);
    let near = at_least(g, l, -LN_2);
    let near = g.unary(Unary::Expm1, near);
    let near = g.neg(near);
    let near = g.log(near);
    let far = at_most(g, l, -LN_2);
    let far = g.exp(far);
    let far = g.neg(far);
    let far = g.unary(Unary::Log1p, far);
    let split = g.scalar(-LN_2);
    let is_near = g.compare(Compare::Gt, l, split);
    g.select(is_near, near, far)
}

/// ln(e^more - e^less)
fn difference(g: &mut Graph, more: Value, less: Value) -> Value {
    let d = g.sub(less, more);
    let l = log1m_exp(g, d);
    g.add(more, l)
}

/// ln(e^more - u (e^more - e^less))
fn part(g: &mut Graph, more: Value, less: Value, u: Value) -> Value {
    let d = g.sub(less, more);
    let d = at_most(g, d, 0.0);
    let e = g.unary(Unary::Expm1, d);
    let e = g.mul(u, e);
    let l = g.unary(Unary::Log1p, e);
    g.add(more, l)
}

/// ln(u e^l)
fn log_share(g: &mut Graph, l: Value, u: Value) -> Value {
    let lu = g.log(u);
    g.add(l, lu)
}

/// c[0] + c[1] x + c[2] x² + ..
fn polynomial(g: &mut Graph, c: &[f64], x: Value) -> Value {
    let mut terms = c.iter().rev();
    let mut p = g.scalar(terms.next().copied().unwrap_or(0.0));
    for &k in terms {
        p = g.mul(p, x);
        p = g.add_c(p, k);
    }
    p
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

/// ln P(Z > z) of a standard normal: ln erfc(z / √2) - ln 2 for z > 0, so that 40 standard deviations are no different from one.
fn normal_log_above(g: &mut Graph, z: Value) -> Value {
    let zero = g.scalar(0.0);
    let right = g.compare(Compare::Gt, z, zero);
    // No `abs`: at 0 its derivative is 0.
    let n = g.neg(z);
    let a = g.select(right, z, n);
    let w = g.mul_c(a, FRAC_1_SQRT_2);
    let t = g.mul_c(w, 0.5);
    let t = g.add_c(t, 1.0);
    let t = g.unary(Unary::Recip, t);
    let y = g.mul_c(t, 2.0);
    let y = g.add_c(y, -1.0);
    let p = polynomial(g, &LOG_ERFCX, y);
    let lt = g.log(t);
    let p = g.add(p, lt);
    let q = g.square(w);
    let tail = g.sub(p, q);
    let tail = g.add_c(tail, -LN_2);
    let e = g.exp(tail);
    let e = g.neg(e);
    let rest = g.unary(Unary::Log1p, e);
    g.select(right, tail, rest)
}

/// -ln 2 - z for z > 0, else ln(1 - e^z / 2).
fn laplace_log_above(g: &mut Graph, z: Value) -> Value {
    let far = g.add_c(z, LN_2);
    let far = g.neg(far);
    let near = at_most(g, z, 0.0);
    let near = g.exp(near);
    let near = g.mul_c(near, -0.5);
    let near = g.unary(Unary::Log1p, near);
    let zero = g.scalar(0.0);
    let right = g.compare(Compare::Gt, z, zero);
    g.select(right, far, near)
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

fn ratio(g: &mut Graph, c: &[[f64; 8]; 2], x: Value) -> Value {
    let [over, under] = c;
    let (a, b) = (polynomial(g, over, x), polynomial(g, under, x));
    g.div(a, b)
}

/// The z with ln P(Z > z) = l < 0, Z standard normal: Wichura 1988, with the logarithm of the tail as argument where he takes it anyway.
fn normal_at_above(g: &mut Graph, l: Value) -> Value {
    let right = beyond_median(g, l);
    let other = log1m_exp(g, l);
    // The smaller of the two tails.
    let tail = g.select(right, l, other);
    let p = g.exp(tail);
    let q = g.neg(p);
    let q = g.add_c(q, 0.5);
    let limit = g.scalar(0.425);
    let central = g.compare(Compare::Le, q, limit);
    let q = g.binary(Binary::Min, q, limit);
    let r = g.square(q);
    let r = g.neg(r);
    let r = g.add_c(r, 0.180625);
    let centre = ratio(g, &CENTRE, r);
    let centre = g.mul(q, centre);
    // -ln of the tail is at least 2.59 outside of the centre.
    let s = g.neg(tail);
    let s = at_least(g, s, 2.5);
    let s = g.sqrt(s);
    let five = g.scalar(5.0);
    let far_out = g.compare(Compare::Gt, s, five);
    let m = at_most(g, s, 5.0);
    let m = g.add_c(m, -1.6);
    let m = ratio(g, &MIDDLE, m);
    let f = at_least(g, s, 5.0);
    let f = g.add_c(f, -5.0);
    let f = ratio(g, &FAR, f);
    let outer = g.select(far_out, f, m);
    let z = g.select(central, centre, outer);
    let n = g.neg(z);
    g.select(right, z, n)
}
