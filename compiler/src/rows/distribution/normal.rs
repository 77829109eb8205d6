//! `Normal`.

use super::{HALF_LN_TAU, LOC, SCALE, loc_scale, param, place, plain, spread, standardise};
use crate::ir::{Graph, RandomKind, Shape, Value};
use crate::rows::{DistEvent, DistParam, DistRow, Row};
use crate::types::event::{EventTy, Kind};

/// The row.
pub struct Normal;

impl Row for Normal {
    fn name(&self) -> &'static str {
        "Normal"
    }
    fn doc(&self) -> &'static str {
        "Gaussian with density exp(-z^2 / 2) / (scale sqrt(2 pi)), z = (x - loc) / scale. KL: Kingma and Welling 2014, appendix B, for two free normals."
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
    fn kl(&self, g: &mut Graph, mine: &[Option<Value>], other: &str, theirs: &[Option<Value>]) -> Option<Value> {
        (other == self.name()).then(|| kl_normal(g, mine, theirs))
    }
    fn kl_known(&self) -> &'static [&'static str] {
        &["Normal"]
    }
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
