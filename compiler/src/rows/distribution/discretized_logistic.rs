//! `DiscretizedLogistic`.

use super::{
    LOC, SCALE, entropy_over_values, levels, optional, param, plain, standard_logistic, sum_last, value_rows,
    with_last,
};
use crate::event::{EventTy, Kind, Support};
use crate::ir::{Binary, Compare, Graph, Shape, Unary, Value};
use crate::rows::{DistEvent, DistParam, DistRow, Row};

/// The row.
pub struct DiscretizedLogistic;

impl Row for DiscretizedLogistic {
    fn name(&self) -> &'static str {
        "DiscretizedLogistic"
    }
    fn doc(&self) -> &'static str {
        "A grey level out of 0 .. levels: the probability that a logistic variable falls into the level's cell, the outermost cells \
         reaching to infinity. loc and scale are in units where the levels run from -1 to 1. (Kingma et al. 2016, appendix; Salimans \
         et al. 2017, eq. 2.) Mean and entropy are sums over the levels."
    }
}

/// `levels`, a whole number of at least 2.
pub(super) const LEVELS: DistParam =
    optional("levels", Support::REALS, 256.0, "number of grey levels, a constant of at least 2");

/// ln of the probability of level `x`; everything broadcasts.
///
/// Between the outermost cells it is ln(σ(a) - σ(b)) with a - b = d the width of a cell over the scale, written as
/// ln σ(a) + ln σ(-b) + ln(1 - e^-d): no difference of nearly equal numbers however far `x` lies from `loc`.
fn cell_log_prob(g: &mut Graph, x: Value, loc: Value, scale: Value, levels: Value) -> Value {
    let top = g.add_c(levels, -1.0);
    let half = g.unary(Unary::Recip, top);
    let step = g.mul_c(half, 2.0);
    let y = g.mul(x, step);
    let y = g.add_c(y, -1.0);
    let c = g.sub(y, loc);
    let r = g.unary(Unary::Recip, scale);
    // -a and b
    let neg_c = g.neg(c);
    let neg_a = g.sub(neg_c, half);
    let neg_a = g.mul(neg_a, r);
    let b = g.sub(c, half);
    let b = g.mul(b, r);
    let low = g.softplus(neg_a);
    let low = g.neg(low);
    let high = g.softplus(b);
    let high = g.neg(high);
    let neg_d = g.mul(step, r);
    let neg_d = g.neg(neg_d);
    let e = g.unary(Unary::Expm1, neg_d);
    let e = g.neg(e);
    let width = g.log(e);
    let both = g.add(low, high);
    let inside = g.add(both, width);
    let first = g.scalar(0.5);
    let is_first = g.compare(Compare::Lt, x, first);
    let before_top = g.add_c(top, -0.5);
    let is_last = g.compare(Compare::Gt, x, before_top);
    let rest = g.select(is_last, high, inside);
    g.select(is_first, low, rest)
}

/// The level in whose cell `y` (in units from -1 to 1) falls, without derivative.
fn to_level(g: &mut Graph, y: Value, levels: Value) -> Value {
    let top = g.add_c(levels, -1.0);
    let half = g.mul_c(top, 0.5);
    let y = g.add_c(y, 1.0);
    let x = g.mul(y, half);
    let x = g.add_c(x, 0.5);
    let x = g.unary(Unary::Floor, x);
    let zero = g.scalar(0.0);
    let x = g.binary(Binary::Max, x, zero);
    let x = g.binary(Binary::Min, x, top);
    g.detach(x)
}

impl DistRow for DiscretizedLogistic {
    fn dist_params(&self) -> &'static [DistParam] {
        const P: &[DistParam] = &[LOC, SCALE, LEVELS];
        P
    }
    fn together(&self, params: &[Option<EventTy>]) -> Result<(), (String, String)> {
        levels(params.get(2).and_then(Option::as_ref)).map(|_| ())
    }
    fn event(&self, params: &[Option<EventTy>]) -> Result<DistEvent, String> {
        Ok(plain(Kind::Int(levels(params.get(2).and_then(Option::as_ref)).map_err(|(why, _)| why)?)))
    }
    fn log_prob(&self, g: &mut Graph, params: &[Option<Value>], x: Value) -> Value {
        let (loc, scale, levels) =
            (param(g, params, 0, 0.0), param(g, params, 1, 1.0), param(g, params, 2, 256.0));
        cell_log_prob(g, x, loc, scale, levels)
    }
    fn sample(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Value {
        let (loc, scale, levels) =
            (param(g, params, 0, 0.0), param(g, params, 1, 1.0), param(g, params, 2, 256.0));
        let e = standard_logistic(g, shape.clone());
        let e = g.mul(scale, e);
        let y = g.add(loc, e);
        to_level(g, y, levels)
    }
    fn reparameterised(&self) -> bool {
        false
    }
    fn mean(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Option<Value> {
        // Σ P(X >= j) over j = 1 .. levels - 1, where level j begins at (2 j - 1) / (levels - 1) - 1.
        let n = self.values(g, params)?;
        let (loc, scale) = (param(g, params, 0, 0.0), param(g, params, 1, 1.0));
        let column = |g: &mut Graph, v: Value| match g.rank(v) {
            0 => v,
            _ => {
                let dims = with_last(&g.shape(v), 1);
                g.reshape(v, dims)
            }
        };
        let (loc, scale) = (column(g, loc), column(g, scale));
        let mut total = g.scalar(0.0);
        for j in value_rows(g, 1, n, shape.rank() + 1) {
            let step = 2.0 / (n as f64 - 1.0);
            let edge = g.mul_c(j, step);
            let edge = g.add_c(edge, -1.0 - 0.5 * step);
            let d = g.sub(loc, edge);
            let d = g.div(d, scale);
            let above = g.sigmoid(d);
            let part = sum_last(g, above);
            total = g.add(total, part);
        }
        Some(g.broadcast(total, shape.clone()))
    }
    fn values(&self, g: &Graph, params: &[Option<Value>]) -> Option<usize> {
        match params.get(2).copied().flatten() {
            Some(v) => g.constant(v).filter(|n| *n >= 2.0 && n.fract() == 0.0).map(|n| n as usize),
            None => Some(256),
        }
    }
    fn entropy(&self, g: &mut Graph, params: &[Option<Value>]) -> Option<Value> {
        let n = self.values(g, params)?;
        entropy_over_values(self, g, params, n)
    }
}
