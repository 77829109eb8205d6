//! `Categorical`.

use super::{either, gumbel_max, last, last_axis, last_size, logsumexp_last, param, pick, sum_last, without_last};
use crate::ir::{Binary, DType, Graph, Shape, Value};
use crate::rows::{DistEvent, DistParam, DistRow, Row};
use crate::types::event::{EventTy, Kind, Support};

/// The row.
pub struct Categorical;

impl Row for Categorical {
    fn name(&self) -> &'static str {
        "Categorical"
    }
    fn doc(&self) -> &'static str {
        "One of n classes, 0 .. n. The last axis of logits (or probs) has one entry for each class and is no axis of the event: \
         logits of shape [28, 28, 256] give an event of shape [28, 28]. Log-probability logits[x] - ln sum e^logits. Drawn by the \
         Gumbel-max rule (Maddison, Tarlow and Minka 2014)."
    }
}

/// The logits, however they were given; with probabilities, already normalised.
pub(super) fn logits(g: &mut Graph, params: &[Option<Value>]) -> Value {
    match params.get(1).copied().flatten() {
        None => param(g, params, 0, 0.0),
        Some(p) => {
            let least = g.scalar(1e-30);
            let p = g.binary(Binary::Max, p, least);
            g.log(p)
        }
    }
}

/// ln p and p over the last axis.
pub(super) fn log_probs(g: &mut Graph, params: &[Option<Value>]) -> (Value, Value) {
    let l = logits(g, params);
    let axis = last(g, l);
    let lp = g.log_softmax(l, axis);
    (lp, g.exp(lp))
}

/// The parameters of a categorical.
pub(super) const PARAMS: &[DistParam] = &[
    either("logits", Support::REALS, "unnormalised ln of the probabilities; the last axis are the classes"),
    either("probs", Support::Simplex, "probabilities; the last axis are the classes"),
];

impl DistRow for Categorical {
    fn dist_params(&self) -> &'static [DistParam] {
        PARAMS
    }
    fn event(&self, params: &[Option<EventTy>]) -> Result<DistEvent, String> {
        Ok(DistEvent { kind: Kind::Class(last_axis(params, &["logits", "probs"])?), consumed: 1 })
    }
    fn log_prob(&self, g: &mut Graph, params: &[Option<Value>], x: Value) -> Value {
        let l = logits(g, params);
        if last_size(g, l) == 2 {
            // Two classes are a Bernoulli in l₁ - l₀: no gather, no logsumexp.
            let lead = without_last(&g.shape(l));
            let axis = last(g, l);
            let (l0, l1) = (g.slice(l, axis, 0, 1), g.slice(l, axis, 1, 1));
            let d = g.sub(l1, l0);
            let d = g.reshape(d, lead);
            let a = g.mul(x, d);
            let s = g.softplus(d);
            return g.sub(a, s);
        }
        let norm = logsumexp_last(g, l);
        let of_x = pick(g, l, x);
        g.sub(of_x, norm)
    }
    fn sample(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Value {
        let l = logits(g, params);
        let i = gumbel_max(g, l, shape);
        let i = g.reshape(i, shape.clone());
        g.cast(i, DType::F)
    }
    fn elementwise(&self) -> bool {
        false
    }
    fn reparameterised(&self) -> bool {
        false
    }
    fn entropy(&self, g: &mut Graph, params: &[Option<Value>]) -> Option<Value> {
        let (lp, p) = log_probs(g, params);
        let t = g.mul(p, lp);
        let s = sum_last(g, t);
        Some(g.neg(s))
    }
    fn kl(&self, g: &mut Graph, mine: &[Option<Value>], other: &str, theirs: &[Option<Value>]) -> Option<Value> {
        if other != self.name() {
            return None;
        }
        // Σ p₁ (ln p₁ - ln p₂)
        let ((lp1, p1), (lp2, _)) = (log_probs(g, mine), log_probs(g, theirs));
        let d = g.sub(lp1, lp2);
        let t = g.mul(p1, d);
        Some(sum_last(g, t))
    }
    fn kl_known(&self) -> &'static [&'static str] {
        &["Categorical"]
    }
}
