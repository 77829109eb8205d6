//! `HalfNormal`.

use super::tails::{self, Tails};
use super::{HALF_LN_TAU, SCALE, param, plain};
use crate::event::{EventTy, Kind, Support};
use crate::ir::{Graph, RandomKind, Shape, Unary, Value};
use crate::rows::{DistEvent, DistParam, DistRow, Row};
use std::f64::consts::{LN_2, PI};

/// The row.
pub struct HalfNormal;

impl Row for HalfNormal {
    fn name(&self) -> &'static str {
        "HalfNormal"
    }
    fn doc(&self) -> &'static str {
        "|y| with y ~ Normal(0, scale): density sqrt(2 / pi) exp(-z^2 / 2) / scale, z = x / scale >= 0."
    }
}

impl DistRow for HalfNormal {
    fn dist_params(&self) -> &'static [DistParam] {
        const P: &[DistParam] = &[SCALE];
        P
    }
    fn event(&self, _params: &[Option<EventTy>]) -> Result<DistEvent, String> {
        Ok(plain(Kind::Real(Support::POSITIVE)))
    }
    fn log_prob(&self, g: &mut Graph, params: &[Option<Value>], x: Value) -> Value {
        let scale = param(g, params, 0, 1.0);
        let z = g.div(x, scale);
        let q = g.square(z);
        let q = g.mul_c(q, -0.5);
        let l = g.log(scale);
        let l = g.add_c(l, HALF_LN_TAU - LN_2);
        g.sub(q, l)
    }
    fn sample(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Value {
        let scale = param(g, params, 0, 1.0);
        let eps = g.random(RandomKind::Normal, shape.clone());
        let a = g.unary(Unary::Abs, eps);
        g.mul(scale, a)
    }
    fn tails(&self) -> Option<&'static Tails> {
        Some(&tails::HALF_NORMAL)
    }
    fn reparameterised(&self) -> bool {
        true
    }
    fn mean(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Option<Value> {
        let scale = param(g, params, 0, 1.0);
        let m = g.mul_c(scale, (2.0 / PI).sqrt());
        Some(g.broadcast(m, shape.clone()))
    }
    fn entropy(&self, g: &mut Graph, params: &[Option<Value>]) -> Option<Value> {
        let scale = param(g, params, 0, 1.0);
        let l = g.log(scale);
        Some(g.add_c(l, HALF_LN_TAU - LN_2 + 0.5))
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
        // r² / 2 - 1/2 - ln r, r = s₁ / s₂: the KL of two centred normals, by symmetry.
        let (s1, s2) = (param(g, mine, 0, 1.0), param(g, theirs, 0, 1.0));
        let r = g.div(s1, s2);
        let a = g.square(r);
        let a = g.mul_c(a, 0.5);
        let l = g.log(r);
        let l = g.add_c(l, 0.5);
        Some(g.sub(a, l))
    }
    fn kl_known(&self) -> &'static [&'static str] {
        &["HalfNormal"]
    }
}
