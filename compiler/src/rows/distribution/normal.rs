//! `Normal`.

use super::tails::{self, Tails};
use super::{HALF_LN_TAU, LOC, SCALE, loc_scale, param, place, plain, spread, standardise};
use crate::event::{EventTy, Kind};
use crate::ir::{Graph, RandomKind, Shape, Unary, Value};
use crate::rows::{DistEvent, DistParam, DistRow, Row};
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_PI, LN_2};

/// The row.
pub struct Normal;

impl Row for Normal {
    fn name(&self) -> &'static str {
        "Normal"
    }
    fn doc(&self) -> &'static str {
        "Gaussian with density exp(-z^2 / 2) / (scale sqrt(2 pi)), z = (x - loc) / scale. KL: Kingma and Welling 2014, appendix B, for two free normals; with \
         `MultivariateNormal` as its row says; with `Laplace` by the mean of a folded normal (Leone, Nelson and Nottingham 1961, eq. 4)."
    }
}

impl DistRow for Normal {
    fn dist_params(&self) -> &'static [DistParam] {
        const P: &[DistParam] = &[LOC, SCALE];
        P
    }
    fn event(&self, _params: &[Option<EventTy>]) -> Result<DistEvent, String> {
        Ok(plain(Kind::REAL))
    }
    fn log_prob(&self, g: &mut Graph, params: &[Option<Value>], x: Value) -> Value {
        let (z, scale) = standardise(g, params, x);
        let q = g.square(z);
        let q = g.mul_c(q, -0.5);
        let l = g.log(scale);
        let l = g.add_c(l, HALF_LN_TAU);
        g.sub(q, l)
    }
    fn sample(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Value {
        let eps = g.random(RandomKind::Normal, shape.clone());
        place(g, params, eps)
    }
    fn tails(&self) -> Option<&'static Tails> {
        Some(&tails::NORMAL)
    }
    fn reparameterised(&self) -> bool {
        true
    }
    fn mean(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Option<Value> {
        let loc = param(g, params, 0, 0.0);
        Some(g.broadcast(loc, shape.clone()))
    }
    fn entropy(&self, g: &mut Graph, params: &[Option<Value>]) -> Option<Value> {
        let (_, scale) = loc_scale(g, params);
        let l = g.log(scale);
        let h = g.add_c(l, HALF_LN_TAU + 0.5);
        Some(spread(g, h, params))
    }
    fn kl(
        &self,
        g: &mut Graph,
        mine: &[Option<Value>],
        other: &str,
        theirs: &[Option<Value>],
    ) -> Option<Value> {
        match other {
            "Normal" => Some(kl_normal(g, mine, theirs)),
            "MultivariateNormal" => Some(super::multivariate_normal::kl_of_independent(g, mine, theirs)),
            // E|x - m₂| / b + ln 2b - 1/2 - ln s - ln √(2π), with the mean of a folded normal: s √(2/π) e^(-d² / 2 s²) + d erf(d / s √2), d = m₁ - m₂.
            "Laplace" => {
                let ((m1, s), (m2, b)) = (loc_scale(g, mine), loc_scale(g, theirs));
                let d = g.sub(m1, m2);
                let z = g.div(d, s);
                let q = g.square(z);
                let q = g.mul_c(q, -0.5);
                let e = g.exp(q);
                let e = g.mul(s, e);
                let e = g.mul_c(e, FRAC_2_PI.sqrt());
                let t = g.mul_c(z, FRAC_1_SQRT_2);
                let t = g.unary(Unary::Erf, t);
                let t = g.mul(d, t);
                let away = g.add(e, t);
                let away = g.div(away, b);
                let r = g.div(b, s);
                let l = g.log(r);
                let k = g.add(away, l);
                Some(g.add_c(k, LN_2 - 0.5 - HALF_LN_TAU))
            }
            _ => None,
        }
    }
    fn kl_known(&self) -> &'static [&'static str] {
        &["Normal", "MultivariateNormal", "Laplace"]
    }
}

/// KL of something with this mean and variance, both of entropy `h`, from a normal: (v + (m - m₂)²) / (2 s²) + ln s + ln √(2π) - h.
pub(super) fn kl_from_moments(
    g: &mut Graph,
    mean: Value,
    variance: Value,
    h: Value,
    theirs: &[Option<Value>],
) -> Value {
    let (m2, s) = loc_scale(g, theirs);
    let d = g.sub(mean, m2);
    let d = g.square(d);
    let t = g.add(variance, d);
    let v = g.square(s);
    let t = g.div(t, v);
    let t = g.mul_c(t, 0.5);
    let l = g.log(s);
    let k = g.add(t, l);
    let k = g.sub(k, h);
    g.add_c(k, HALF_LN_TAU)
}

/// ((m₁ - m₂)² + s₁²) / (2 s₂²) - 1/2 - ln(s₁ / s₂)
pub(super) fn kl_normal(g: &mut Graph, mine: &[Option<Value>], theirs: &[Option<Value>]) -> Value {
    let ((m1, s1), (m2, s2)) = (loc_scale(g, mine), loc_scale(g, theirs));
    let d = g.sub(m1, m2);
    let z = g.div(d, s2);
    let z2 = g.square(z);
    let r = g.div(s1, s2);
    let r2 = g.square(r);
    let a = g.add(z2, r2);
    let a = g.mul_c(a, 0.5);
    let l = g.log(r);
    let l = g.add_c(l, 0.5);
    g.sub(a, l)
}
