//! `LogNormal`.

use super::normal::kl_normal;
use super::tails::{self, Tails};
use super::{HALF_LN_TAU, LOC, SCALE, loc_scale, place, plain, spread, standardise};
use crate::event::{EventTy, Kind, Support};
use crate::ir::{Graph, RandomKind, Shape, Value};
use crate::rows::{DistEvent, DistParam, DistRow, Row};

/// The row.
pub struct LogNormal;

impl Row for LogNormal {
    fn name(&self) -> &'static str {
        "LogNormal"
    }
    fn doc(&self) -> &'static str {
        "e^y with y ~ Normal(loc, scale). Density: Normal's of ln x, over x. KL: that of the two normals, since both are mapped alike."
    }
}

impl DistRow for LogNormal {
    fn dist_params(&self) -> &'static [DistParam] {
        const P: &[DistParam] = &[LOC, SCALE];
        P
    }
    fn event(&self, _params: &[Option<EventTy>]) -> Result<DistEvent, String> {
        Ok(plain(Kind::Real(Support::POSITIVE)))
    }
    fn log_prob(&self, g: &mut Graph, params: &[Option<Value>], x: Value) -> Value {
        let y = g.log(x);
        let (z, scale) = standardise(g, params, y);
        let q = g.square(z);
        let q = g.mul_c(q, -0.5);
        let q = g.sub(q, y);
        let l = g.log(scale);
        let l = g.add_c(l, HALF_LN_TAU);
        g.sub(q, l)
    }
    fn sample(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Value {
        let eps = g.random(RandomKind::Normal, shape.clone());
        let y = place(g, params, eps);
        g.exp(y)
    }
    fn tails(&self) -> Option<&'static Tails> {
        Some(&tails::LOG_NORMAL)
    }
    fn reparameterised(&self) -> bool {
        true
    }
    fn mean(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Option<Value> {
        let (loc, scale) = loc_scale(g, params);
        let v = g.square(scale);
        let v = g.mul_c(v, 0.5);
        let a = g.add(loc, v);
        let m = g.exp(a);
        Some(g.broadcast(m, shape.clone()))
    }
    fn entropy(&self, g: &mut Graph, params: &[Option<Value>]) -> Option<Value> {
        let (loc, scale) = loc_scale(g, params);
        let l = g.log(scale);
        let h = g.add(l, loc);
        let h = g.add_c(h, HALF_LN_TAU + 0.5);
        Some(spread(g, h, params))
    }
    fn kl(
        &self,
        g: &mut Graph,
        mine: &[Option<Value>],
        other: &str,
        theirs: &[Option<Value>],
    ) -> Option<Value> {
        (other == self.name()).then(|| kl_normal(g, mine, theirs))
    }
    fn kl_known(&self) -> &'static [&'static str] {
        &["LogNormal"]
    }
}
