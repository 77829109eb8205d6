//! `Exponential`.

use super::tails::{self, Tails};
use super::{param, plain, required};
use crate::event::{EventTy, Kind, Support};
use crate::ir::{Graph, RandomKind, Shape, Unary, Value};
use crate::rows::{DistEvent, DistParam, DistRow, Row};

/// The row.
pub struct Exponential;

impl Row for Exponential {
    fn name(&self) -> &'static str {
        "Exponential"
    }
    fn doc(&self) -> &'static str {
        "Waiting time: density rate e^(-rate x), mean 1 / rate. Drawn as -ln(u) / rate."
    }
}

impl DistRow for Exponential {
    fn dist_params(&self) -> &'static [DistParam] {
        const P: &[DistParam] = &[required("rate", Support::POSITIVE, "events per unit")];
        P
    }
    fn event(&self, _params: &[Option<EventTy>]) -> Result<DistEvent, String> {
        Ok(plain(Kind::Real(Support::POSITIVE)))
    }
    fn log_prob(&self, g: &mut Graph, params: &[Option<Value>], x: Value) -> Value {
        let rate = param(g, params, 0, 1.0);
        let l = g.log(rate);
        let m = g.mul(rate, x);
        g.sub(l, m)
    }
    fn sample(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Value {
        let rate = param(g, params, 0, 1.0);
        let u = g.random(RandomKind::Uniform, shape.clone());
        let l = g.log(u);
        let e = g.neg(l);
        g.div(e, rate)
    }
    fn tails(&self) -> Option<&'static Tails> {
        Some(&tails::EXPONENTIAL)
    }
    fn reparameterised(&self) -> bool {
        true
    }
    fn mean(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Option<Value> {
        let rate = param(g, params, 0, 1.0);
        let m = g.unary(Unary::Recip, rate);
        Some(g.broadcast(m, shape.clone()))
    }
    fn entropy(&self, g: &mut Graph, params: &[Option<Value>]) -> Option<Value> {
        let rate = param(g, params, 0, 1.0);
        let l = g.log(rate);
        let n = g.neg(l);
        Some(g.add_c(n, 1.0))
    }
    fn kl(
        &self,
        g: &mut Graph,
        mine: &[Option<Value>],
        other: &str,
        theirs: &[Option<Value>],
    ) -> Option<Value> {
        if other == "Gamma" {
            let one = g.scalar(1.0);
            let as_gamma = [Some(one), mine.first().copied().flatten()];
            return super::gamma::Gamma.kl(g, &as_gamma, other, theirs);
        }
        if other != self.name() {
            return None;
        }
        // q - 1 - ln q, q = r₂ / r₁: E[ln(r₁ / r₂) - (r₁ - r₂) x] with E[x] = 1 / r₁.
        let (r1, r2) = (param(g, mine, 0, 1.0), param(g, theirs, 0, 1.0));
        let q = g.div(r2, r1);
        let l = g.log(q);
        let a = g.sub(q, l);
        Some(g.add_c(a, -1.0))
    }
    fn kl_known(&self) -> &'static [&'static str] {
        &["Exponential", "Gamma"]
    }
}
