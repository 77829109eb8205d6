//! `MultivariateNormal`.

use super::{HALF_LN_TAU, last, loc_scale, param, reading, required, sum_last};
use crate::event::{EventTy, Kind, Support};
use crate::ir::{Dim, Graph, RandomKind, Shape, Value};
use crate::rows::{DistEvent, DistParam, DistRow, Row};

/// The row.
pub struct MultivariateNormal;

impl Row for MultivariateNormal {
    fn name(&self) -> &'static str {
        "MultivariateNormal"
    }
    fn doc(&self) -> &'static str {
        "A normal vector loc + L eps with full covariance L L'. log_cholesky, of shape [n, n], may be any real matrix: L has its entries \
         below the diagonal and e to its diagonal; what lies above is not read. So the output of a net is one as it is: \
         `net c(z: Real[8]) -> Real[3, 3] { dense(9), reshape(3, 3) }`. (Log-Cholesky parametrisation: Pinheiro and Bates 1996, section \
         2.) `MultivariateNormal(m, c)[5]` are five independent vectors, an event of shape [5, n]: m of shape [n] or [5, n], c of shape [n, n] \
         or [5, n, n]. log_prob solves n equations one after the other, so n should stay below about a hundred."
    }
}

/// A factor L and the logarithms of its diagonal.
struct Factor {
    n: usize,
    /// `[.., n, n]`
    l: Value,
    /// `[.., n]`
    log_diag: Value,
}

/// A literal `[1, .., n, n]` of this rank that is 1 where `on(row, column)`.
fn mask(g: &mut Graph, rank: usize, n: usize, on: impl Fn(usize, usize) -> bool) -> Value {
    let data = (0..n * n).map(|i| f64::from(u8::from(on(i / n.max(1), i % n.max(1))))).collect();
    let mut dims = vec![1; rank.saturating_sub(2)];
    dims.extend([n, n]);
    g.literal(data, &dims)
}

/// Reads `log_cholesky` (parameter 1), `[.., n, n]`.
fn factor(g: &mut Graph, params: &[Option<Value>]) -> Factor {
    let a = param(g, params, 1, 0.0);
    let n = super::last_size(g, a);
    let rank = g.rank(a);
    let (below, eye) = (mask(g, rank, n, |i, j| j < i), mask(g, rank, n, |i, j| i == j));
    let d = g.mul(a, eye);
    let log_diag = sum_last(g, d);
    let e = g.exp(log_diag);
    let column = super::with_last(&g.shape(e), 1);
    let e = g.reshape(e, column);
    let diag = g.mul(e, eye);
    let low = g.mul(a, below);
    Factor { n, l: g.add(low, diag), log_diag }
}

/// `loc` (parameter 0): rank 0 or `[.., n]`.
fn location(g: &mut Graph, params: &[Option<Value>]) -> Value {
    param(g, params, 0, 0.0)
}

/// L⁻¹ r by forward substitution; `r: [.., n, k]`.
fn solve(g: &mut Graph, f: &Factor, r: Value) -> Value {
    let columns = last(g, f.l);
    let rows = columns.saturating_sub(1);
    let mut z: Option<Value> = None;
    for i in 0..f.n {
        let row = g.slice(f.l, rows, i, 1);
        let diag = g.slice(row, columns, i, 1);
        let mut rest = g.slice(r, rows, i, 1);
        if let Some(known) = z {
            let l = g.slice(row, columns, 0, i);
            let column = g.transpose(l);
            let t = g.mul(column, known);
            let t = g.sum(t, &[rows]);
            rest = g.sub(rest, t);
        }
        let zi = g.div(rest, diag);
        z = Some(match z {
            Some(known) => g.concat(&[known, zi], rows),
            None => zi,
        });
    }
    z.unwrap_or(r)
}

/// KL(`mine` ‖ `theirs`), row by row, of independent normals (`loc`, `scale`) and a full one: (|L⁻¹ diag s|² + |L⁻¹ (m₁ - m₂)|² - n) / 2 +
/// Σ ln L_ii - ln s_i.
pub(super) fn kl_of_independent(g: &mut Graph, mine: &[Option<Value>], theirs: &[Option<Value>]) -> Value {
    let f = factor(g, theirs);
    let (m1, s1) = loc_scale(g, mine);
    let m2 = location(g, theirs);
    let rank = g.rank(f.l);
    let eye = mask(g, rank, f.n, |i, j| i == j);
    let s1 = spread_out(g, s1, &f);
    let each = row_vector(g, s1);
    let diag = g.mul(each, eye);
    let d = g.sub(m1, m2);
    let d = spread_out(g, d, &f);
    let d = column(g, d);
    let (a, b) = (solve(g, &f, diag), solve(g, &f, d));
    let (a, b) = (g.square(a), g.square(b));
    let (a, b) = (sum_last(g, a), sum_last(g, b));
    let q = g.add(a, b);
    let q = g.mul_c(q, 0.5);
    let l = g.log(s1);
    let w = g.sub(f.log_diag, l);
    let k = g.add(q, w);
    g.add_c(k, -0.5)
}

/// A number as `[1, .., n]`, beside the logarithms of the diagonal; a vector as it is, if with n elements.
fn spread_out(g: &mut Graph, x: Value, f: &Factor) -> Value {
    let mut dims = g.shape(x).0;
    if dims.is_empty() {
        dims = vec![Dim::fixed(1); g.rank(f.log_diag)];
    }
    match dims.last_mut() {
        Some(last) if last.is_one() => *last = Dim::fixed(f.n),
        Some(_) | None => return x,
    }
    g.broadcast(x, Shape(dims))
}

/// `[.., n] -> [.., 1, n]`
fn row_vector(g: &mut Graph, x: Value) -> Value {
    let mut dims = g.shape(x).0;
    dims.insert(dims.len().saturating_sub(1), Dim::fixed(1));
    g.reshape(x, Shape(dims))
}

/// `[.., n] -> [.., n, 1]`
fn column(g: &mut Graph, x: Value) -> Value {
    let shape = super::with_last(&g.shape(x), 1);
    g.reshape(x, shape)
}

impl DistRow for MultivariateNormal {
    fn dist_params(&self) -> &'static [DistParam] {
        const P: &[DistParam] = &[
            reading(1, required("loc", Support::REALS, "mean, of shape [n] (or one number)")),
            reading(
                2,
                required(
                    "log_cholesky",
                    Support::REALS,
                    "of shape [n, n]: entries of L below the diagonal, ln of its entries on the diagonal",
                ),
            ),
        ];
        P
    }
    fn event(&self, params: &[Option<EventTy>]) -> Result<DistEvent, String> {
        let Some(Some(c)) = params.get(1) else { return Err("`log_cholesky` must be given".into()) };
        let n = match c.shape.as_slice() {
            [.., n, m] if n == m && *n > 0 => *n,
            _ => {
                return Err(format!(
                    "`log_cholesky` has shape {}, which is no square matrix",
                    c.shape_text()
                ));
            }
        };
        match params.first() {
            Some(Some(loc)) if loc.shape.last().is_some_and(|m| *m != n) => {
                Err(format!("`loc` has shape {} where `log_cholesky` asks for [{n}]", loc.shape_text()))
            }
            Some(Some(_) | None) | None => Ok(DistEvent { kind: Kind::REAL, own: vec![n] }),
        }
    }
    fn log_prob(&self, g: &mut Graph, params: &[Option<Value>], x: Value) -> Value {
        // Element i: -z_i² / 2 - ln L_ii - ln √(2π) with z = L⁻¹ (x - loc).
        let f = factor(g, params);
        let loc = location(g, params);
        let d = g.sub(x, loc);
        let d = column(g, d);
        let z = solve(g, &f, d);
        let q = g.square(z);
        let q = sum_last(g, q);
        let q = g.mul_c(q, -0.5);
        let c = g.add_c(f.log_diag, HALF_LN_TAU);
        g.sub(q, c)
    }
    fn sample(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Value {
        let f = factor(g, params);
        let loc = location(g, params);
        let eps = g.random(RandomKind::Normal, shape.clone());
        // Row vectors: eps' L'. As a product and a sum, so that a factor shared by the batch broadcasts.
        let eps = row_vector(g, eps);
        let t = g.mul(f.l, eps);
        let t = sum_last(g, t);
        g.add(loc, t)
    }
    fn vector(&self) -> bool {
        true
    }
    fn reparameterised(&self) -> bool {
        true
    }
    fn mean(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Option<Value> {
        let loc = location(g, params);
        Some(g.broadcast(loc, shape.clone()))
    }
    fn entropy(&self, g: &mut Graph, params: &[Option<Value>]) -> Option<Value> {
        let f = factor(g, params);
        Some(g.add_c(f.log_diag, HALF_LN_TAU + 0.5))
    }
    fn kl(
        &self,
        g: &mut Graph,
        mine: &[Option<Value>],
        other: &str,
        theirs: &[Option<Value>],
    ) -> Option<Value> {
        let f = factor(g, mine);
        let m1 = location(g, mine);
        let (q, log_width) = match other {
            // (|L₂⁻¹ L₁|² + |L₂⁻¹ (m₁ - m₂)|² - n) / 2 + Σ ln L₂_ii - ln L₁_ii, row by row.
            "MultivariateNormal" => {
                let f2 = factor(g, theirs);
                let m2 = location(g, theirs);
                let d = g.sub(m1, m2);
                let d = spread_out(g, d, &f);
                let d = column(g, d);
                let (a, b) = (solve(g, &f2, f.l), solve(g, &f2, d));
                let (a, b) = (g.square(a), g.square(b));
                let (a, b) = (sum_last(g, a), sum_last(g, b));
                (g.add(a, b), f2.log_diag)
            }
            // The same with L₂ diagonal.
            "Normal" => {
                let (m2, s2) = loc_scale(g, theirs);
                let v = g.square(f.l);
                let v = sum_last(g, v);
                let d = g.sub(m1, m2);
                let d = g.square(d);
                let t = g.add(v, d);
                let s = g.square(s2);
                (g.div(t, s), g.log(s2))
            }
            _ => return None,
        };
        let q = g.mul_c(q, 0.5);
        let w = g.sub(log_width, f.log_diag);
        let k = g.add(q, w);
        Some(g.add_c(k, -0.5))
    }
    fn kl_known(&self) -> &'static [&'static str] {
        &["MultivariateNormal", "Normal"]
    }
}
