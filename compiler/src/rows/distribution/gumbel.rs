//! `Gumbel`.

use super::{EULER, LOC, SCALE, loc_scale, place, plain, spread, standard_gumbel, standardise};
use crate::ir::{Graph, Shape, Value};
use crate::rows::{DistEvent, DistParam, DistRow, Row};
use crate::types::event::{EventTy, Kind};

/// The row.
pub struct Gumbel;

impl Row for Gumbel {
    fn name(&self) -> &'static str {
        "Gumbel"
    }
    fn doc(&self) -> &'static str {
        "Distribution of a largest value: density exp(-z - e^-z) / scale, z = (x - loc) / scale. Drawn by its inverse distribution function."
    }
}

impl DistRow for Gumbel {
    fn dist_params(&self) -> &'static [DistParam] {
        const P: &[DistParam] = &[LOC, SCALE];
        P
    }
    fn event(&self, _params: &[Option<EventTy>]) -> Result<DistEvent, String> {
        Ok(plain(Kind::REAL))
    }
    fn log_prob(&self, g: &mut Graph, params: &[Option<Value>], x: Value) -> Value {
        let (z, scale) = standardise(g, params, x);
        let n = g.neg(z);
        let e = g.exp(n);
        let a = g.sub(n, e);
        let l = g.log(scale);
        g.sub(a, l)
    }
    fn sample(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Value {
        let e = standard_gumbel(g, shape.clone());
        place(g, params, e)
    }
    fn reparameterised(&self) -> bool {
        true
    }
    fn mean(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Option<Value> {
        let (loc, scale) = loc_scale(g, params);
        let m = g.mul_c(scale, EULER);
        let m = g.add(loc, m);
        Some(g.broadcast(m, shape.clone()))
    }
    fn entropy(&self, g: &mut Graph, params: &[Option<Value>]) -> Option<Value> {
        let (_, scale) = loc_scale(g, params);
        let l = g.log(scale);
        let h = g.add_c(l, EULER + 1.0);
        Some(spread(g, h, params))
    }
}
