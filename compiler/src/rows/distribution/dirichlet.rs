//! `Dirichlet`.

use super::{gamma, last, last_axis, last_size, param, reading, required};
use crate::event::{EventTy, Kind, Support};
use crate::ir::{Graph, Shape, Unary, Value};
use crate::rows::{DistEvent, DistParam, DistRow, Row};

/// The row.
pub struct Dirichlet;

impl Row for Dirichlet {
    fn name(&self) -> &'static str {
        "Dirichlet"
    }
    fn doc(&self) -> &'static str {
        "A point of the simplex along the last axis, with density proportional to prod x_i^(c_i - 1), c = concentration. Drawn as normalised \
         gammas (see `Gamma`); `Dirichlet(c)[4]` are four independent points, an event of shape [4, n]. Draws carry no derivative. KL: Penny 2001, eq. for two Dirichlets."
    }
}

/// Sum over the last axis, which stays with size 1.
fn total(g: &mut Graph, x: Value) -> Value {
    let axis = last(g, x);
    g.sum(x, &[axis])
}

/// ln Γ(c_i) - ln Γ(Σ c) / n: summed over the last axis it is ln B(c). What belongs to the whole vector is shared out equally, so
/// that densities, entropies and KL stay elementwise.
fn log_norm(g: &mut Graph, c: Value) -> Value {
    let each = g.unary(Unary::Lgamma, c);
    let all = total(g, c);
    let all = g.unary(Unary::Lgamma, all);
    let share = g.mul_c(all, 1.0 / last_size(g, c) as f64);
    g.sub(each, share)
}

/// E[ln x_i] = ψ(c_i) - ψ(Σ c)
fn log_means(g: &mut Graph, c: Value) -> Value {
    let each = g.unary(Unary::Digamma, c);
    let all = total(g, c);
    let all = g.unary(Unary::Digamma, all);
    g.sub(each, all)
}

impl DistRow for Dirichlet {
    fn dist_params(&self) -> &'static [DistParam] {
        const P: &[DistParam] = &[reading(
            1,
            required("concentration", Support::POSITIVE, "one entry for each part, along the last axis"),
        )];
        P
    }
    fn event(&self, params: &[Option<EventTy>]) -> Result<DistEvent, String> {
        Ok(DistEvent {
            kind: Kind::Real(Support::Simplex),
            own: vec![last_axis(params, &["concentration"])?],
        })
    }
    fn log_prob(&self, g: &mut Graph, params: &[Option<Value>], x: Value) -> Value {
        let c = param(g, params, 0, 1.0);
        let c1 = g.add_c(c, -1.0);
        let lx = g.log(x);
        let t = g.mul(c1, lx);
        let n = log_norm(g, c);
        g.sub(t, n)
    }
    fn sample(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Value {
        let c = param(g, params, 0, 1.0);
        let x = gamma::standard(g, c, shape);
        let s = total(g, x);
        g.div(x, s)
    }
    fn vector(&self) -> bool {
        true
    }
    fn reparameterised(&self) -> bool {
        false
    }
    fn mean(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Option<Value> {
        let c = param(g, params, 0, 1.0);
        let s = total(g, c);
        let m = g.div(c, s);
        Some(g.broadcast(m, shape.clone()))
    }
    fn entropy(&self, g: &mut Graph, params: &[Option<Value>]) -> Option<Value> {
        // ln B(c) - Σ (c_i - 1) E[ln x_i]
        let c = param(g, params, 0, 1.0);
        let c1 = g.add_c(c, -1.0);
        let e = log_means(g, c);
        let t = g.mul(c1, e);
        let n = log_norm(g, c);
        Some(g.sub(n, t))
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
        // ln B(c₂) - ln B(c₁) + Σ (c₁ - c₂) E₁[ln x_i]
        let (c1, c2) = (param(g, mine, 0, 1.0), param(g, theirs, 0, 1.0));
        let e = log_means(g, c1);
        let d = g.sub(c1, c2);
        let t = g.mul(d, e);
        let (n1, n2) = (log_norm(g, c1), log_norm(g, c2));
        let n = g.sub(n2, n1);
        Some(g.add(t, n))
    }
    fn kl_known(&self) -> &'static [&'static str] {
        &["Dirichlet"]
    }
}
