//! `Gamma`.

use super::{param, plain, required, spread};
use crate::event::{EventTy, Kind, Support};
use crate::ir::{Binary, Compare, Graph, Logic, Op, RandomKind, Shape, Unary, Value};
use crate::rows::{DistEvent, DistParam, DistRow, Row};

/// The row.
pub struct Gamma;

impl Row for Gamma {
    fn name(&self) -> &'static str {
        "Gamma"
    }
    fn doc(&self) -> &'static str {
        "Density rate^a x^(a - 1) e^(-rate x) / Gamma(a) with a = concentration; mean a / rate. Drawn by the rejection method of Marsaglia \
         and Tsang 2000 with 8 attempts unrolled, which fail all with a probability below 1e-10 (the mode is taken then). Draws carry no \
         derivative. Entropy: Cover and Thomas 2006, table 17.1; KL: Penny 2001, eq. for two gammas."
    }
}

/// Attempts of the sampler. One fails with a probability below 0.05 (Marsaglia and Tsang 2000, section 4).
const ATTEMPTS: usize = 8;

/// Draws with rate 1 and the given concentration (which broadcasts to `shape`), above zero, without derivative.
///
/// The concentration is raised by 1 and the draw multiplied by u^(1/a) (ibid., section 6), so that one path serves every a > 0.
pub(super) fn standard(g: &mut Graph, a: Value, shape: &Shape) -> Value {
    let d = g.add_c(a, 1.0 - 1.0 / 3.0);
    let c = g.mul_c(d, 9.0);
    let c = g.sqrt(c);
    let c = g.unary(Unary::Recip, c);
    let zero = g.scalar(0.0);
    let mut x = g.broadcast(d, shape.clone());
    for _ in 0..ATTEMPTS {
        let eps = g.random(RandomKind::Normal, shape.clone());
        let u = g.random(RandomKind::Uniform, shape.clone());
        let t = g.mul(c, eps);
        let t = g.add_c(t, 1.0);
        let t2 = g.square(t);
        let v = g.mul(t2, t);
        let dv = g.mul(d, v);
        // ln u < eps²/2 + d - d v + d ln v
        let e = g.square(eps);
        let e = g.mul_c(e, 0.5);
        let rest = g.sub(d, dv);
        let e = g.add(e, rest);
        let lv = g.log(v);
        let lv = g.mul(d, lv);
        let bound = g.add(e, lv);
        let lu = g.log(u);
        let under = g.compare(Compare::Lt, lu, bound);
        let positive = g.compare(Compare::Gt, t, zero);
        let accept = g.push(Op::Logic(Logic::And), &[positive, under]);
        x = g.select(accept, dv, x);
    }
    let u = g.random(RandomKind::Uniform, shape.clone());
    let l = g.log(u);
    let l = g.div(l, a);
    let shrink = g.exp(l);
    let x = g.mul(x, shrink);
    let least = g.scalar(1e-37);
    let x = g.binary(Binary::Max, x, least);
    g.detach(x)
}

fn read(g: &mut Graph, params: &[Option<Value>]) -> (Value, Value) {
    (param(g, params, 0, 1.0), param(g, params, 1, 1.0))
}

impl DistRow for Gamma {
    fn dist_params(&self) -> &'static [DistParam] {
        const P: &[DistParam] = &[
            required("concentration", Support::POSITIVE, "shape of the curve; 1 is `Exponential`"),
            required("rate", Support::POSITIVE, "one over the scale"),
        ];
        P
    }
    fn event(&self, _params: &[Option<EventTy>]) -> Result<DistEvent, String> {
        Ok(plain(Kind::Real(Support::POSITIVE)))
    }
    fn log_prob(&self, g: &mut Graph, params: &[Option<Value>], x: Value) -> Value {
        let (a, r) = read(g, params);
        let lr = g.log(r);
        let n = g.mul(a, lr);
        let lg = g.unary(Unary::Lgamma, a);
        let n = g.sub(n, lg);
        let a1 = g.add_c(a, -1.0);
        let lx = g.log(x);
        let p = g.mul(a1, lx);
        let e = g.mul(r, x);
        let q = g.sub(p, e);
        g.add(q, n)
    }
    fn sample(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Value {
        let (a, r) = read(g, params);
        let x = standard(g, a, shape);
        let x = g.div(x, r);
        g.detach(x)
    }
    fn reparameterised(&self) -> bool {
        false
    }
    fn mean(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Option<Value> {
        let (a, r) = read(g, params);
        let m = g.div(a, r);
        Some(g.broadcast(m, shape.clone()))
    }
    fn entropy(&self, g: &mut Graph, params: &[Option<Value>]) -> Option<Value> {
        // a - ln r + ln Γ(a) + (1 - a) ψ(a)
        let (a, r) = read(g, params);
        let lr = g.log(r);
        let h = g.sub(a, lr);
        let lg = g.unary(Unary::Lgamma, a);
        let h = g.add(h, lg);
        let a1 = g.add_c(a, -1.0);
        let psi = g.unary(Unary::Digamma, a);
        let t = g.mul(a1, psi);
        let h = g.sub(h, t);
        Some(spread(g, h, params))
    }
    fn kl(
        &self,
        g: &mut Graph,
        mine: &[Option<Value>],
        other: &str,
        theirs: &[Option<Value>],
    ) -> Option<Value> {
        if other == "Exponential" {
            let one = g.scalar(1.0);
            let as_gamma = [Some(one), theirs.first().copied().flatten()];
            return self.kl(g, mine, self.name(), &as_gamma);
        }
        if other != self.name() {
            return None;
        }
        // (a₁ - a₂) ψ(a₁) - ln Γ(a₁) + ln Γ(a₂) + a₂ ln(r₁ / r₂) + a₁ (r₂ / r₁ - 1)
        let ((a1, r1), (a2, r2)) = (read(g, mine), read(g, theirs));
        let psi = g.unary(Unary::Digamma, a1);
        let d = g.sub(a1, a2);
        let t = g.mul(d, psi);
        let (lg1, lg2) = (g.unary(Unary::Lgamma, a1), g.unary(Unary::Lgamma, a2));
        let lg = g.sub(lg2, lg1);
        let t = g.add(t, lg);
        let q = g.div(r2, r1);
        let lq = g.log(q);
        let b = g.mul(a2, lq);
        let t = g.sub(t, b);
        let q1 = g.add_c(q, -1.0);
        let c = g.mul(a1, q1);
        Some(g.add(t, c))
    }
    fn kl_known(&self) -> &'static [&'static str] {
        &["Gamma", "Exponential"]
    }
}
