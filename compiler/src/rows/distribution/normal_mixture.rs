//! `NormalMixture`.

use super::{HALF_LN_TAU, gumbel_max, last, last_axis, logsumexp_last, param, pick, required, sum_last, with_last};
use crate::ir::{DType, Graph, RandomKind, Shape, Value};
use crate::rows::{DistEvent, DistParam, DistRow, Row};
use crate::types::event::{EventTy, Kind, Support};

/// The row.
pub struct NormalMixture;

impl Row for NormalMixture {
    fn name(&self) -> &'static str {
        "NormalMixture"
    }
    fn doc(&self) -> &'static str {
        "Each element from a mixture of normals of its own: the last axis of logits, loc and scale has one entry for each component and is \
         no axis of the event. (Bishop 1994, eq. 22 and 23.) For one component shared by a whole vector write `k ~ Categorical(..)`."
    }
}

/// `loc` and `scale` (parameters 1 and 2) of components drawn by the logits (parameter 0), each of this shape.
pub(super) fn chosen(g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> (Value, Value) {
    let logits = param(g, params, 0, 0.0);
    let i = gumbel_max(g, logits, shape);
    let i = g.reshape(i, shape.clone());
    let i = g.cast(i, DType::F);
    let mut of = |at: usize, otherwise: f64| {
        let v = param(g, params, at, otherwise);
        if g.rank(v) == 0 { v } else { pick(g, v, i) }
    };
    (of(1, 0.0), of(2, 1.0))
}

impl DistRow for NormalMixture {
    fn dist_params(&self) -> &'static [DistParam] {
        const P: &[DistParam] = &[
            required("logits", Support::REALS, "unnormalised ln of the weights; the last axis are the components"),
            required("loc", Support::REALS, "centres; the last axis are the components"),
            required("scale", Support::POSITIVE, "widths; the last axis are the components"),
        ];
        P
    }
    fn event(&self, params: &[Option<EventTy>]) -> Result<DistEvent, String> {
        last_axis(params, &["logits", "loc", "scale"])?;
        Ok(DistEvent { kind: Kind::REAL, consumed: 1 })
    }
    fn log_prob(&self, g: &mut Graph, params: &[Option<Value>], x: Value) -> Value {
        let (logits, loc, scale) = (param(g, params, 0, 0.0), param(g, params, 1, 0.0), param(g, params, 2, 1.0));
        let each = with_last(&g.shape(x), 1);
        let x = g.reshape(x, each);
        let d = g.sub(x, loc);
        let z = g.div(d, scale);
        let q = g.square(z);
        let q = g.mul_c(q, -0.5);
        let l = g.log(scale);
        let l = g.add_c(l, HALF_LN_TAU);
        let lp = g.sub(q, l);
        let axis = last(g, logits);
        let w = g.log_softmax(logits, axis);
        let t = g.add(w, lp);
        logsumexp_last(g, t)
    }
    fn sample(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Value {
        let (loc, scale) = chosen(g, params, shape);
        let eps = g.random(RandomKind::Normal, shape.clone());
        let s = g.mul(scale, eps);
        let x = g.add(loc, s);
        g.detach(x)
    }
    fn elementwise(&self) -> bool {
        false
    }
    fn reparameterised(&self) -> bool {
        false
    }
    fn mean(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Option<Value> {
        let (logits, loc) = (param(g, params, 0, 0.0), param(g, params, 1, 0.0));
        let axis = last(g, logits);
        let w = g.log_softmax(logits, axis);
        let w = g.exp(w);
        let t = g.mul(w, loc);
        let m = sum_last(g, t);
        Some(g.broadcast(m, shape.clone()))
    }
}
