//! `Cauchy`.

use super::{LOC, SCALE, loc_scale, place, plain, spread, standardise};
use crate::event::{EventTy, Kind};
use crate::ir::{Graph, RandomKind, Shape, Unary, Value};
use crate::rows::{DistEvent, DistParam, DistRow, Row};
use std::f64::consts::PI;

/// The row.
pub struct Cauchy;

impl Row for Cauchy {
    fn name(&self) -> &'static str {
        "Cauchy"
    }
    fn doc(&self) -> &'static str {
        "Density 1 / (pi scale (1 + z^2)), z = (x - loc) / scale; it has no mean. Drawn as the tangent of a uniform angle. KL: Chyzak and Nielsen 2019 (arXiv:1905.10965), eq. 2."
    }
}

impl DistRow for Cauchy {
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
        let q = g.unary(Unary::Log1p, q);
        let l = g.log(scale);
        let l = g.add_c(l, PI.ln());
        let s = g.add(q, l);
        g.neg(s)
    }
    fn sample(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Value {
        // tan(π (u - 1/2)) = -cos(π u) / sin(π u)
        let u = g.random(RandomKind::Uniform, shape.clone());
        let a = g.mul_c(u, PI);
        let c = g.unary(Unary::Cos, a);
        let s = g.unary(Unary::Sin, a);
        let t = g.div(c, s);
        let t = g.neg(t);
        place(g, params, t)
    }
    fn reparameterised(&self) -> bool {
        true
    }
    fn without_mean(&self) -> Option<&'static str> {
        Some("the integral of |x| diverges")
    }
    fn centre(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape, _kind: Kind) -> Option<Value> {
        // The median.
        let (loc, _) = loc_scale(g, params);
        Some(g.broadcast(loc, shape.clone()))
    }
    fn entropy(&self, g: &mut Graph, params: &[Option<Value>]) -> Option<Value> {
        let (_, scale) = loc_scale(g, params);
        let l = g.log(scale);
        let h = g.add_c(l, (4.0 * PI).ln());
        Some(spread(g, h, params))
    }
    fn kl(
        &self,
        g: &mut Graph,
        mine: &[Option<Value>],
        other: &str,
        theirs: &[Option<Value>],
    ) -> Option<Value> {
        if other != self.name() {
            return None;
        }
        // ln(((s₁ + s₂)² + (m₁ - m₂)²) / (4 s₁ s₂))
        let ((m1, s1), (m2, s2)) = (loc_scale(g, mine), loc_scale(g, theirs));
        let s = g.add(s1, s2);
        let s = g.square(s);
        let d = g.sub(m1, m2);
        let d = g.square(d);
        let above = g.add(s, d);
        let below = g.mul(s1, s2);
        let below = g.mul_c(below, 4.0);
        let r = g.div(above, below);
        Some(g.log(r))
    }
    fn kl_known(&self) -> &'static [&'static str] {
        &["Cauchy"]
    }
}
