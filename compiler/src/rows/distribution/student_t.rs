//! `StudentT`.

use super::{SCALE, optional, param, plain, required, spread};
use crate::event::{EventTy, Kind, Support};
use crate::ir::{Graph, RandomKind, Shape, Unary, Value};
use crate::rows::{DistEvent, DistParam, DistRow, Row};
use std::f64::consts::{PI, TAU};

/// The row.
pub struct StudentT;

impl Row for StudentT {
    fn name(&self) -> &'static str {
        "StudentT"
    }
    fn doc(&self) -> &'static str {
        "Bell curve with heavy tails, x^-(df + 1); nearer to the normal the larger df. Drawn exactly from two uniforms by Bailey's polar \
         formula (Bailey 1994, section 2). Its mean is loc where df is above 1; below, where there is none, loc stands for it. Entropy: Cover and Thomas 2006, table 17.1."
    }
}

/// (df, loc, scale)
fn read(g: &mut Graph, params: &[Option<Value>]) -> (Value, Value, Value) {
    (param(g, params, 0, 1.0), param(g, params, 1, 0.0), param(g, params, 2, 1.0))
}

/// (df + 1) / 2, df / 2, and ln B(df / 2, 1/2) = ln Γ(df / 2) + ln √π - ln Γ((df + 1) / 2)
fn halves(g: &mut Graph, df: Value) -> (Value, Value, Value) {
    let h = g.mul_c(df, 0.5);
    let h1 = g.add_c(h, 0.5);
    let a = g.unary(Unary::Lgamma, h);
    let b = g.unary(Unary::Lgamma, h1);
    let beta = g.sub(a, b);
    (h1, h, g.add_c(beta, 0.5 * PI.ln()))
}

impl DistRow for StudentT {
    fn dist_params(&self) -> &'static [DistParam] {
        const P: &[DistParam] = &[
            required("df", Support::POSITIVE, "degrees of freedom"),
            optional("loc", Support::REALS, 0.0, "centre"),
            DistParam { default: Some(1.0), ..SCALE },
        ];
        P
    }
    fn event(&self, _params: &[Option<EventTy>]) -> Result<DistEvent, String> {
        Ok(plain(Kind::REAL))
    }
    fn log_prob(&self, g: &mut Graph, params: &[Option<Value>], x: Value) -> Value {
        // -(df + 1)/2 ln(1 + z²/df) - ln(√df B(df/2, 1/2)) - ln scale
        let (df, loc, scale) = read(g, params);
        let (h1, _, beta) = halves(g, df);
        let d = g.sub(x, loc);
        let z = g.div(d, scale);
        let q = g.square(z);
        let q = g.div(q, df);
        let q = g.unary(Unary::Log1p, q);
        let q = g.mul(h1, q);
        let r = g.log(df);
        let r = g.mul_c(r, 0.5);
        let c = g.add(r, beta);
        let l = g.log(scale);
        let c = g.add(c, l);
        let s = g.add(q, c);
        g.neg(s)
    }
    fn sample(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Value {
        // √(df (u^(-2/df) - 1)) cos(2π v)
        let (df, loc, scale) = read(g, params);
        let u = g.random(RandomKind::Uniform, shape.clone());
        let v = g.random(RandomKind::Uniform, shape.clone());
        let l = g.log(u);
        let l = g.mul_c(l, -2.0);
        let e = g.div(l, df);
        let e = g.unary(Unary::Expm1, e);
        let e = g.mul(df, e);
        let r = g.sqrt(e);
        let a = g.mul_c(v, TAU);
        let c = g.unary(Unary::Cos, a);
        let t = g.mul(r, c);
        let t = g.mul(scale, t);
        g.add(loc, t)
    }
    fn reparameterised(&self) -> bool {
        true
    }
    fn mean(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Option<Value> {
        let (_, loc, _) = read(g, params);
        Some(g.broadcast(loc, shape.clone()))
    }
    fn entropy(&self, g: &mut Graph, params: &[Option<Value>]) -> Option<Value> {
        // (df + 1)/2 (ψ((df + 1)/2) - ψ(df/2)) + ln(√df B(df/2, 1/2)) + ln scale
        let (df, _, scale) = read(g, params);
        let (h1, h, beta) = halves(g, df);
        let a = g.unary(Unary::Digamma, h1);
        let b = g.unary(Unary::Digamma, h);
        let d = g.sub(a, b);
        let d = g.mul(h1, d);
        let r = g.log(df);
        let r = g.mul_c(r, 0.5);
        let s = g.add(d, r);
        let s = g.add(s, beta);
        let l = g.log(scale);
        let s = g.add(s, l);
        Some(spread(g, s, params))
    }
}
