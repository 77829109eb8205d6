//! `Laplace`.

use super::tails::{self, Tails};
use super::{LOC, SCALE, loc_scale, param, place, plain, spread, standardise};
use crate::event::{EventTy, Kind};
use crate::ir::{Graph, RandomKind, Shape, Unary, Value};
use crate::rows::{DistEvent, DistParam, DistRow, Row};
use std::f64::consts::LN_2;

/// The row.
pub struct Laplace;

impl Row for Laplace {
    fn name(&self) -> &'static str {
        "Laplace"
    }
    fn doc(&self) -> &'static str {
        "Double exponential with density exp(-|x - loc| / scale) / (2 scale). Drawn by its inverse distribution function. KL: \
         Meyer 2021 (arXiv:1911.02088), eq. 5; with `Normal` by its variance 2 scale^2 and its entropy."
    }
}

impl DistRow for Laplace {
    fn dist_params(&self) -> &'static [DistParam] {
        const P: &[DistParam] = &[LOC, SCALE];
        P
    }
    fn event(&self, _params: &[Option<EventTy>]) -> Result<DistEvent, String> {
        Ok(plain(Kind::REAL))
    }
    fn log_prob(&self, g: &mut Graph, params: &[Option<Value>], x: Value) -> Value {
        let (z, scale) = standardise(g, params, x);
        let a = g.unary(Unary::Abs, z);
        let n = g.neg(a);
        let l = g.log(scale);
        let l = g.add_c(l, LN_2);
        g.sub(n, l)
    }
    fn sample(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Value {
        // -sign(v) ln(1 - 2 |v|), v uniform on (-1/2, 1/2).
        let u = g.random(RandomKind::Uniform, shape.clone());
        let v = g.add_c(u, -0.5);
        let sign = g.unary(Unary::Sign, v);
        let a = g.unary(Unary::Abs, v);
        let a = g.mul_c(a, -2.0);
        let e = g.unary(Unary::Log1p, a);
        let e = g.mul(sign, e);
        let e = g.neg(e);
        place(g, params, e)
    }
    fn tails(&self) -> Option<&'static Tails> {
        Some(&tails::LAPLACE)
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
        let h = g.add_c(l, 1.0 + LN_2);
        Some(spread(g, h, params))
    }
    fn kl(
        &self,
        g: &mut Graph,
        mine: &[Option<Value>],
        other: &str,
        theirs: &[Option<Value>],
    ) -> Option<Value> {
        if other == "Normal" {
            // Variance 2 b², entropy 1 + ln 2b.
            let (m, b) = loc_scale(g, mine);
            let v = g.square(b);
            let v = g.mul_c(v, 2.0);
            let h = g.log(b);
            let h = g.add_c(h, 1.0 + LN_2);
            return Some(super::normal::kl_from_moments(g, m, v, h, theirs));
        }
        if other != self.name() {
            return None;
        }
        // (b₁ exp(-d / b₁) + d) / b₂ + ln(b₂ / b₁) - 1, d = |m₁ - m₂|
        let ((m1, b1), (m2, b2)) = (loc_scale(g, mine), loc_scale(g, theirs));
        let d = g.sub(m1, m2);
        let d = g.unary(Unary::Abs, d);
        let q = g.div(d, b1);
        let q = g.neg(q);
        let e = g.exp(q);
        let e = g.mul(b1, e);
        let a = g.add(e, d);
        let a = g.div(a, b2);
        let r = g.div(b1, b2);
        let l = g.log(r);
        let l = g.add_c(l, 1.0);
        Some(g.sub(a, l))
    }
    fn kl_known(&self) -> &'static [&'static str] {
        &["Laplace", "Normal"]
    }
}
