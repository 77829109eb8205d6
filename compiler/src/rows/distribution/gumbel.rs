//! `Gumbel`.

use super::tails::{self, Tails};
use super::{EULER, LOC, SCALE, loc_scale, place, plain, spread, standard_gumbel, standardise};
use crate::event::{EventTy, Kind};
use crate::ir::{Graph, Shape, Unary, Value};
use crate::rows::{DistEvent, DistParam, DistRow, Row};

/// The row.
pub struct Gumbel;

impl Row for Gumbel {
    fn name(&self) -> &'static str {
        "Gumbel"
    }
    fn doc(&self) -> &'static str {
        "Distribution of a largest value: density exp(-z - e^-z) / scale, z = (x - loc) / scale. Drawn by its inverse distribution function. \
         KL: Bauckhage 2014 (arXiv:1310.3713), eq. 12 with both shapes 1 on the scale of logarithms."
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
    fn tails(&self) -> Option<&'static Tails> {
        Some(&tails::GUMBEL)
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
        // ln(b₂ / b₁) + γ (r - 1) + e^((m₂ - m₁) / b₂) Γ(r + 1) - 1 + (m₁ - m₂) / b₂, r = b₁ / b₂
        let ((m1, b1), (m2, b2)) = (loc_scale(g, mine), loc_scale(g, theirs));
        let r = g.div(b1, b2);
        let d = g.sub(m1, m2);
        let d = g.div(d, b2);
        let r1 = g.add_c(r, 1.0);
        let lg = g.unary(Unary::Lgamma, r1);
        let e = g.sub(lg, d);
        let e = g.exp(e);
        let l = g.log(r);
        let t = g.mul_c(r, EULER);
        let k = g.sub(t, l);
        let k = g.add(k, e);
        let k = g.add(k, d);
        Some(g.add_c(k, -1.0 - EULER))
    }
    fn kl_known(&self) -> &'static [&'static str] {
        &["Gumbel"]
    }
}
