//! `Bernoulli`.

use super::{either, param, plain, spread};
use crate::event::{EventTy, Kind, Support};
use crate::ir::{Binary, Compare, DType, Graph, RandomKind, Shape, Unary, Value};
use crate::rows::{DistEvent, DistParam, DistRow, Row};

/// The row.
pub struct Bernoulli;

impl Row for Bernoulli {
    fn name(&self) -> &'static str {
        "Bernoulli"
    }
    fn doc(&self) -> &'static str {
        "1 with probability probs = sigmoid(logits), else 0. Log-probability x logits - softplus(logits), which neither overflows nor \
         cancels; probabilities are kept 1e-7 away from 1 (1e-12 from 0), so that a wrong certainty costs much but not everything."
    }
}

/// The logits, however they were given.
fn logits(g: &mut Graph, params: &[Option<Value>]) -> Value {
    match params.get(1).copied().flatten() {
        None => param(g, params, 0, 0.0),
        Some(p) => {
            let (least, most) = (g.scalar(1e-12), g.scalar(1.0 - 1e-7));
            let p = g.binary(Binary::Max, p, least);
            let p = g.binary(Binary::Min, p, most);
            let a = g.log(p);
            let n = g.neg(p);
            let b = g.unary(Unary::Log1p, n);
            g.sub(a, b)
        }
    }
}

/// The probabilities, however they were given.
fn probs(g: &mut Graph, params: &[Option<Value>]) -> Value {
    match params.get(1).copied().flatten() {
        Some(p) => p,
        None => {
            let l = param(g, params, 0, 0.0);
            g.sigmoid(l)
        }
    }
}

impl DistRow for Bernoulli {
    fn dist_params(&self) -> &'static [DistParam] {
        const P: &[DistParam] = &[
            either("logits", Support::REALS, "ln of the odds"),
            either("probs", Support::UNIT, "probability of 1"),
        ];
        P
    }
    fn event(&self, _params: &[Option<EventTy>]) -> Result<DistEvent, String> {
        Ok(plain(Kind::Bool))
    }
    fn log_prob(&self, g: &mut Graph, params: &[Option<Value>], x: Value) -> Value {
        let l = logits(g, params);
        let a = g.mul(x, l);
        let s = g.softplus(l);
        g.sub(a, s)
    }
    fn sample(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Value {
        let p = probs(g, params);
        let u = g.random(RandomKind::Uniform, shape.clone());
        let hit = g.compare(Compare::Lt, u, p);
        g.cast(hit, DType::F)
    }
    fn relaxes(&self) -> bool {
        true
    }
    fn relaxed(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape, tau: f64) -> Value {
        let l = logits(g, params);
        let noise = super::standard_logistic(g, shape.clone());
        let l = g.add(l, noise);
        let l = g.mul_c(l, 1.0 / tau);
        g.sigmoid(l)
    }
    fn reparameterised(&self) -> bool {
        false
    }
    fn mean(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Option<Value> {
        let p = probs(g, params);
        Some(g.broadcast(p, shape.clone()))
    }
    fn values(&self, _g: &Graph, _params: &[Option<Value>]) -> Option<usize> {
        Some(2)
    }
    fn entropy(&self, g: &mut Graph, params: &[Option<Value>]) -> Option<Value> {
        // softplus(l) - l sigmoid(l)
        let l = logits(g, params);
        let s = g.softplus(l);
        let p = g.sigmoid(l);
        let m = g.mul(l, p);
        let h = g.sub(s, m);
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
        // p₁ (l₁ - l₂) + softplus(l₂) - softplus(l₁)
        let (l1, l2) = (logits(g, mine), logits(g, theirs));
        let p1 = g.sigmoid(l1);
        let d = g.sub(l1, l2);
        let a = g.mul(p1, d);
        let (s1, s2) = (g.softplus(l1), g.softplus(l2));
        let b = g.sub(s2, s1);
        Some(g.add(a, b))
    }
    fn kl_known(&self) -> &'static [&'static str] {
        &["Bernoulli"]
    }
}
