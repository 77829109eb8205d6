//! `OneHotCategorical`.

use super::categorical::{PARAMS, log_probs, logits};
use super::{gumbel_max, last_axis, without_last};
use crate::event::{EventTy, Kind};
use crate::ir::{Compare, DType, Graph, Shape, Value};
use crate::rows::{DistEvent, DistParam, DistRow, Row};

/// The row.
pub struct OneHotCategorical;

impl Row for OneHotCategorical {
    fn name(&self) -> &'static str {
        "OneHotCategorical"
    }
    fn doc(&self) -> &'static str {
        "One of n classes as a vector with a single 1: the last axis of logits (or probs) is the last axis of the event. \
         `OneHotCategorical(logits: w)[4]` are four of them, an event of shape [4, n]. Log-probability, entropy and KL are those of `Categorical`, spread over that axis."
    }
}

impl DistRow for OneHotCategorical {
    fn dist_params(&self) -> &'static [DistParam] {
        PARAMS
    }
    fn event(&self, params: &[Option<EventTy>]) -> Result<DistEvent, String> {
        Ok(DistEvent { kind: Kind::OneHot, own: vec![last_axis(params, &["logits", "probs"])?] })
    }
    fn log_prob(&self, g: &mut Graph, params: &[Option<Value>], x: Value) -> Value {
        let (lp, _) = log_probs(g, params);
        g.mul(x, lp)
    }
    fn sample(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Value {
        let l = logits(g, params);
        let lead = without_last(shape);
        let i = gumbel_max(g, l, &lead);
        let count = g.iota(shape.clone(), lead.rank());
        let hit = g.compare(Compare::Eq, i, count);
        g.cast(hit, DType::F)
    }
    fn relaxes(&self) -> bool {
        true
    }
    fn relaxed(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape, tau: f64) -> Value {
        let l = logits(g, params);
        let noise = super::standard_gumbel(g, shape.clone());
        let l = g.add(l, noise);
        let l = g.mul_c(l, 1.0 / tau);
        let axis = shape.rank() - 1;
        let l = g.log_softmax(l, axis);
        g.exp(l)
    }
    fn vector(&self) -> bool {
        true
    }
    fn reparameterised(&self) -> bool {
        false
    }
    fn mean(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Option<Value> {
        let (_, p) = log_probs(g, params);
        Some(g.broadcast(p, shape.clone()))
    }
    fn entropy(&self, g: &mut Graph, params: &[Option<Value>]) -> Option<Value> {
        let (lp, p) = log_probs(g, params);
        let t = g.mul(p, lp);
        Some(g.neg(t))
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
        let ((lp1, p1), (lp2, _)) = (log_probs(g, mine), log_probs(g, theirs));
        let d = g.sub(lp1, lp2);
        Some(g.mul(p1, d))
    }
    fn kl_known(&self) -> &'static [&'static str] {
        &["OneHotCategorical"]
    }
}
