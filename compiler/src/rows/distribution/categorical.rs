//! `Categorical`.

use super::{
    either, gumbel_max, last, last_axis, last_size, logsumexp_last, param, pick, plain, reading, sum_last,
    without_last,
};
use crate::event::{EventTy, Kind, Support};
use crate::ir::{ArgMax, Binary, DType, Graph, Op, Shape, Value};
use crate::rows::{DistEvent, DistParam, DistRow, Row};

/// The row.
pub struct Categorical;

impl Row for Categorical {
    fn name(&self) -> &'static str {
        "Categorical"
    }
    fn doc(&self) -> &'static str {
        "One of n classes, 0 .. n. The last axis of logits (or probs) has one entry for each class and is no axis of the event: \
         logits of shape [28, 28, 256] give an event of shape [28, 28]. Log-probability logits[x] - ln sum e^logits. Drawn by the \
         Gumbel-max rule (Maddison, Tarlow and Minka 2014). Where one value is shown for it, that is the most probable class; the mean, where \
         the data are levels with an order."
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
    reading(
        1,
        either(
            "logits",
            Support::REALS,
            "unnormalised ln of the probabilities; the last axis are the classes",
        ),
    ),
    reading(1, either("probs", Support::Simplex, "probabilities; the last axis are the classes")),
];

impl DistRow for Categorical {
    fn dist_params(&self) -> &'static [DistParam] {
        PARAMS
    }
    fn event(&self, params: &[Option<EventTy>]) -> Result<DistEvent, String> {
        Ok(plain(Kind::Class(last_axis(params, &["logits", "probs"])?)))
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
    fn reparameterised(&self) -> bool {
        false
    }
    fn mean(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Option<Value> {
        let (_, p) = log_probs(g, params);
        let mut dims = vec![1; g.rank(p)];
        let n = last_size(g, p);
        if let Some(last) = dims.last_mut() {
            *last = n;
        }
        let count = g.literal((0..n).map(|i| i as f64).collect(), &dims);
        let t = g.mul(p, count);
        let m = sum_last(g, t);
        Some(g.broadcast(m, shape.clone()))
    }
    fn centre(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape, kind: Kind) -> Option<Value> {
        match kind {
            Kind::Class(_) => {
                let l = logits(g, params);
                let axis = last(g, l);
                let best = g.push(Op::ArgMax(ArgMax { axis }), &[l]);
                let lead = without_last(&g.shape(best));
                let best = g.reshape(best, lead);
                let best = g.cast(best, DType::F);
                Some(g.broadcast(best, shape.clone()))
            }
            Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Real(_) => self.mean(g, params, shape),
        }
    }
    fn entropy(&self, g: &mut Graph, params: &[Option<Value>]) -> Option<Value> {
        let (lp, p) = log_probs(g, params);
        let t = g.mul(p, lp);
        let s = sum_last(g, t);
        Some(g.neg(s))
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
