//! `Logistic`.

use super::tails::{self, Tails};
use super::{LOC, SCALE, loc_scale, param, place, plain, spread, standard_logistic, standardise};
use crate::event::{EventTy, Kind};
use crate::ir::{Graph, Shape, Value};
use crate::rows::{DistEvent, DistParam, DistRow, Row};

/// The row.
pub struct Logistic;

impl Row for Logistic {
    fn name(&self) -> &'static str {
        "Logistic"
    }
    fn doc(&self) -> &'static str {
        "Density e^-z / (scale (1 + e^-z)^2), z = (x - loc) / scale. Drawn by its inverse distribution function. Entropy: Cover and Thomas 2006, table 17.1."
    }
}

impl DistRow for Logistic {
    fn dist_params(&self) -> &'static [DistParam] {
        const P: &[DistParam] = &[LOC, SCALE];
        P
    }
    fn event(&self, _params: &[Option<EventTy>]) -> Result<DistEvent, String> {
        Ok(plain(Kind::REAL))
    }
    fn log_prob(&self, g: &mut Graph, params: &[Option<Value>], x: Value) -> Value {
        // z - 2 softplus(z) - ln scale
        let (z, scale) = standardise(g, params, x);
        let s = g.softplus(z);
        let s = g.mul_c(s, 2.0);
        let a = g.sub(z, s);
        let l = g.log(scale);
        g.sub(a, l)
    }
    fn sample(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Value {
        let e = standard_logistic(g, shape.clone());
        place(g, params, e)
    }
    fn tails(&self) -> Option<&'static Tails> {
        Some(&tails::LOGISTIC)
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
        let h = g.add_c(l, 2.0);
        Some(spread(g, h, params))
    }
}
