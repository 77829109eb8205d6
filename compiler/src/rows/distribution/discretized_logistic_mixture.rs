//! `DiscretizedLogisticMixture`.

use super::discretized_logistic::{LEVELS, cell_log_prob, to_level};
use super::{last, last_axis, levels, logsumexp_last, normal_mixture, param, required, standard_logistic, with_last};
use crate::ir::{Graph, Shape, Value};
use crate::rows::{DistEvent, DistParam, DistRow, Row};
use crate::types::event::{EventTy, Kind, Support};

/// The row.
pub struct DiscretizedLogisticMixture;

impl Row for DiscretizedLogisticMixture {
    fn name(&self) -> &'static str {
        "DiscretizedLogisticMixture"
    }
    fn doc(&self) -> &'static str {
        "A grey level out of 0 .. levels from a mixture of `DiscretizedLogistic`s: the last axis of logits, loc and scale has one entry \
         for each component and is no axis of the event. (Salimans et al. 2017, eq. 2.)"
    }
}

impl DistRow for DiscretizedLogisticMixture {
    fn dist_params(&self) -> &'static [DistParam] {
        const P: &[DistParam] = &[
            required("logits", Support::REALS, "unnormalised ln of the weights; the last axis are the components"),
            required("loc", Support::REALS, "centres; the last axis are the components"),
            required("scale", Support::POSITIVE, "widths; the last axis are the components"),
            LEVELS,
        ];
        P
    }
    fn event(&self, params: &[Option<EventTy>]) -> Result<DistEvent, String> {
        let n = levels(params.get(3).and_then(Option::as_ref))?;
        last_axis(params, &["logits", "loc", "scale"])?;
        Ok(DistEvent { kind: Kind::Int(n), consumed: 1 })
    }
    fn log_prob(&self, g: &mut Graph, params: &[Option<Value>], x: Value) -> Value {
        let (loc, scale, levels) = (param(g, params, 1, 0.0), param(g, params, 2, 1.0), param(g, params, 3, 256.0));
        let logits = param(g, params, 0, 0.0);
        let each = with_last(&g.shape(x), 1);
        let x = g.reshape(x, each);
        let lp = cell_log_prob(g, x, loc, scale, levels);
        let axis = last(g, logits);
        let w = g.log_softmax(logits, axis);
        let t = g.add(w, lp);
        logsumexp_last(g, t)
    }
    fn sample(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Value {
        let (loc, scale) = normal_mixture::chosen(g, params, shape);
        let levels = param(g, params, 3, 256.0);
        let e = standard_logistic(g, shape.clone());
        let e = g.mul(scale, e);
        let y = g.add(loc, e);
        to_level(g, y, levels)
    }
    fn elementwise(&self) -> bool {
        false
    }
    fn reparameterised(&self) -> bool {
        false
    }
}
