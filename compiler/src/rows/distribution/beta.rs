//! `Beta`.

use super::{gamma, param, plain, required, spread};
use crate::event::{EventTy, Kind, Support};
use crate::ir::{Binary, Graph, Shape, Unary, Value};
use crate::rows::{DistEvent, DistParam, DistRow, Row};

/// The row.
pub struct Beta;

impl Row for Beta {
    fn name(&self) -> &'static str {
        "Beta"
    }
    fn doc(&self) -> &'static str {
        "A number between 0 and 1 with density x^(a - 1) (1 - x)^(b - 1) / B(a, b). Drawn as g / (g + h) from two gammas (see `Gamma`); draws \
         carry no derivative. Entropy: Cover and Thomas 2006, table 17.1; KL: that of two Dirichlets (Penny 2001) of length 2."
    }
}

fn read(g: &mut Graph, params: &[Option<Value>]) -> (Value, Value) {
    (param(g, params, 0, 1.0), param(g, params, 1, 1.0))
}

/// ln B(a, b)
fn log_beta(g: &mut Graph, a: Value, b: Value) -> Value {
    let s = g.add(a, b);
    let (la, lb, ls) = (g.unary(Unary::Lgamma, a), g.unary(Unary::Lgamma, b), g.unary(Unary::Lgamma, s));
    let t = g.add(la, lb);
    g.sub(t, ls)
}

/// E[ln x] and E[ln(1 - x)]
fn log_means(g: &mut Graph, a: Value, b: Value) -> (Value, Value) {
    let s = g.add(a, b);
    let (pa, pb, ps) = (g.unary(Unary::Digamma, a), g.unary(Unary::Digamma, b), g.unary(Unary::Digamma, s));
    (g.sub(pa, ps), g.sub(pb, ps))
}

impl DistRow for Beta {
    fn dist_params(&self) -> &'static [DistParam] {
        const P: &[DistParam] = &[
            required("a", Support::POSITIVE, "pull towards 1"),
            required("b", Support::POSITIVE, "pull towards 0"),
        ];
        P
    }
    fn event(&self, _params: &[Option<EventTy>]) -> Result<DistEvent, String> {
        Ok(plain(Kind::Real(Support::UNIT)))
    }
    fn log_prob(&self, g: &mut Graph, params: &[Option<Value>], x: Value) -> Value {
        let (a, b) = read(g, params);
        let (a1, b1) = (g.add_c(a, -1.0), g.add_c(b, -1.0));
        let lx = g.log(x);
        let n = g.neg(x);
        let ln = g.unary(Unary::Log1p, n);
        let (p, q) = (g.mul(a1, lx), g.mul(b1, ln));
        let s = g.add(p, q);
        let norm = log_beta(g, a, b);
        g.sub(s, norm)
    }
    fn sample(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Value {
        let (a, b) = read(g, params);
        let (x, y) = (gamma::standard(g, a, shape), gamma::standard(g, b, shape));
        let s = g.add(x, y);
        let r = g.div(x, s);
        let (least, most) = (g.scalar(1e-37), g.scalar(1.0 - 6e-8));
        let r = g.binary(Binary::Max, r, least);
        g.binary(Binary::Min, r, most)
    }
    fn reparameterised(&self) -> bool {
        false
    }
    fn mean(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Option<Value> {
        let (a, b) = read(g, params);
        let s = g.add(a, b);
        let m = g.div(a, s);
        Some(g.broadcast(m, shape.clone()))
    }
    fn entropy(&self, g: &mut Graph, params: &[Option<Value>]) -> Option<Value> {
        // ln B(a, b) - (a - 1) E[ln x] - (b - 1) E[ln(1 - x)]
        let (a, b) = read(g, params);
        let (ex, en) = log_means(g, a, b);
        let (a1, b1) = (g.add_c(a, -1.0), g.add_c(b, -1.0));
        let (p, q) = (g.mul(a1, ex), g.mul(b1, en));
        let s = g.add(p, q);
        let norm = log_beta(g, a, b);
        let h = g.sub(norm, s);
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
        // ln B(a₂, b₂) - ln B(a₁, b₁) + (a₁ - a₂) E₁[ln x] + (b₁ - b₂) E₁[ln(1 - x)]
        let ((a1, b1), (a2, b2)) = (read(g, mine), read(g, theirs));
        let (ex, en) = log_means(g, a1, b1);
        let (da, db) = (g.sub(a1, a2), g.sub(b1, b2));
        let (p, q) = (g.mul(da, ex), g.mul(db, en));
        let s = g.add(p, q);
        let (n1, n2) = (log_beta(g, a1, b1), log_beta(g, a2, b2));
        let n = g.sub(n2, n1);
        Some(g.add(s, n))
    }
    fn kl_known(&self) -> &'static [&'static str] {
        &["Beta"]
    }
}
