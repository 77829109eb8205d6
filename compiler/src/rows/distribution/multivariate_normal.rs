//! `MultivariateNormal`.

use super::axes::with_last;
use super::declare::prelude::*;
use crate::ir::{Dim, Scope, Shape};

distribution! {
    /// A normal vector loc + L eps with full covariance L L'. log_cholesky, of shape [n, n], may be any real matrix: L
    /// has its entries below the diagonal and e to its diagonal; what lies above is not read. So the output of a net is
    /// one as it is: `net c(z: Real[8]) -> Real[3, 3] { dense(9), reshape(3, 3) }`. (Log-Cholesky parametrisation:
    /// Pinheiro and Bates 1996, section 2.) `MultivariateNormal(m, log_cholesky: c)[5]` are five independent vectors, an event of
    /// shape [5, n]: m of shape [n] or [5, n], c of shape [n, n] or [5, n, n]. log_prob solves n equations one after
    /// the other, so n should stay below about a hundred.
    pub struct MultivariateNormal = "MultivariateNormal" {
        /// mean, of shape [n] (or one number)
        loc: REALS[1],
        /// of shape [n, n]: entries of L below the diagonal, ln of its entries on the diagonal
        log_cholesky: REALS[2] named "the covariance (PyTorch, SciPy, Stan)",
    }
}

/// A factor L and the logarithms of its diagonal.
pub(super) struct Factor<'g> {
    n: usize,
    /// `[.., n, n]`
    pub(super) l: Ex<'g>,
    /// `[.., n]`
    pub(super) log_diag: Ex<'g>,
}

/// A literal `[1, .., n, n]` of this rank that is 1 where `on(row, column)`.
fn mask<'g>(s: Scope<'g>, rank: usize, n: usize, on: impl Fn(usize, usize) -> bool) -> Ex<'g> {
    let data = (0..n * n).map(|i| f64::from(u8::from(on(i / n.max(1), i % n.max(1))))).collect();
    let mut dims = vec![1; rank.saturating_sub(2)];
    dims.extend([n, n]);
    s.literal(data, &dims)
}

/// `[.., n] -> [.., 1, n]`
fn row_vector(x: Ex<'_>) -> Ex<'_> {
    let mut dims = x.shape().0;
    dims.insert(dims.len().saturating_sub(1), Dim::fixed(1));
    x.reshape(Shape(dims))
}

/// `[.., n] -> [.., n, 1]`
fn column(x: Ex<'_>) -> Ex<'_> {
    x.reshape(with_last(&x.shape(), 1))
}

impl<'g> Params<'g> {
    /// L as `log_cholesky` says.
    pub(super) fn factor(self) -> Factor<'g> {
        let a = self.log_cholesky;
        let (s, n, rank) = (a.scope(), a.last_size(), a.rank());
        let (below, eye) = (mask(s, rank, n, |i, j| j < i), mask(s, rank, n, |i, j| i == j));
        let log_diag = (a * eye).sum_last();
        let diag = column(log_diag.exp()) * eye;
        Factor { n, l: a * below + diag, log_diag }
    }
}

impl<'g> Factor<'g> {
    /// L⁻¹ r by forward substitution; `r: [.., n, k]`.
    fn solve(&self, r: Ex<'g>) -> Ex<'g> {
        let columns = self.l.last_axis();
        let rows = columns.saturating_sub(1);
        let mut z: Option<Ex<'g>> = None;
        for i in 0..self.n {
            let row = self.l.slice(rows, i, 1);
            let diag = row.slice(columns, i, 1);
            let mut rest = r.slice(rows, i, 1);
            if let Some(known) = z {
                rest = rest - (row.slice(columns, 0, i).transpose() * known).sum(&[rows]);
            }
            let zi = rest / diag;
            z = Some(z.map_or(zi, |known| zi.scope().concat(&[known, zi], rows)));
        }
        z.unwrap_or(r)
    }

    /// The diagonal matrix with these entries, `[.., n]`.
    pub(super) fn diagonal(&self, entries: Ex<'g>) -> Ex<'g> {
        row_vector(entries) * mask(entries.scope(), self.l.rank(), self.n, |i, j| i == j)
    }

    /// A number as `[1, .., n]`, beside the logarithms of the diagonal; a vector as it is, if with n elements.
    pub(super) fn spread_out(&self, x: Ex<'g>) -> Ex<'g> {
        let mut dims = x.shape().0;
        if dims.is_empty() {
            dims = vec![Dim::fixed(1); self.log_diag.rank()];
        }
        match dims.last_mut() {
            Some(last) if last.is_one() => *last = Dim::fixed(self.n),
            Some(_) | None => return x,
        }
        x.broadcast(&Shape(dims))
    }
}

/// KL, row by row, of a normal vector with the factor `l` and the logarithms `log_diag` of its diagonal from one with the factor `q`, whose
/// mean lies `d: [.., n]` away: (|Q⁻¹ L|² + |Q⁻¹ d|² - n) / 2 + ln det Q - ln det L.
pub(super) fn kl_between<'g>(l: Ex<'g>, d: Ex<'g>, log_diag: Ex<'g>, q: &Factor<'g>) -> Ex<'g> {
    let quadratic = q.solve(l).sq().sum_last() + q.solve(column(d)).sq().sum_last();
    quadratic * 0.5 + (q.log_diag - log_diag) - 0.5
}

impl<'g> Distribution<'g> for MultivariateNormal {
    fn event(&self, types: Types<'_>) -> Result<DistEvent, String> {
        let Some(c) = types.log_cholesky else { return Err("`log_cholesky` must be given".into()) };
        let n = match c.shape.as_slice() {
            [.., n, m] if n == m && *n > 0 => *n,
            _ => {
                return Err(format!(
                    "`log_cholesky` has shape {}, which is no square matrix",
                    c.shape_text()
                ));
            }
        };
        match types.loc {
            Some(loc) if loc.shape.last().is_some_and(|m| *m != n) => {
                Err(format!("`loc` has shape {} where `log_cholesky` asks for [{n}]", loc.shape_text()))
            }
            Some(_) | None => Ok(DistEvent { kind: Kind::REAL, own: vec![n] }),
        }
    }
    fn log_prob(&self, p: Params<'g>, x: Ex<'g>) -> Ex<'g> {
        // Element i has the term of z_i, z = L⁻¹ (x - loc), and that of L_ii.
        let f = p.factor();
        let z = f.solve(column(x - p.loc));
        z.sq().sum_last() * -0.5 - (f.log_diag + HALF_LN_TAU)
    }
    fn sample(&self, p: Params<'g>, noise: &Noise<'g>) -> Ex<'g> {
        // Row vectors: eps' L'. As a product and a sum, so that a factor shared by the batch broadcasts.
        let f = p.factor();
        p.loc + (f.l * row_vector(noise.normal())).sum_last()
    }
    fn reparameterised(&self) -> Reparameterised<RelaxationOf<'g, Self>> {
        Reparameterised::Exactly
    }
    fn mean(&self) -> Closed<'g, Self> {
        Ok(|p| p.loc)
    }
    fn entropy(&self) -> Closed<'g, Self> {
        Ok(|p| p.factor().log_diag + (HALF_LN_TAU + 0.5))
    }
    fn vector(&self) -> bool {
        true
    }
}
