//! Fixed rotations in triangular factors, as 1 × 1 convolutions start (Kingma & Dhariwal 2018, section 3.2): a pure function of size and
//! seed, worked out when a program reads it.

use crate::ir::{Ex, Scope, Shape};
use crate::rows::bijection::permutation::{SplitMix, permutation};
use std::cell::OnceCell;
use std::fmt;
use std::rc::Rc;

/// Larger matrices start as a permutation: the cubic work of a rotation is not worth its while there.
const LARGEST: usize = 128;

/// A random rotation (or reflection) of `n` dimensions as P L U: L unit lower triangular, U upper triangular, and row r of L U in the
/// place `rows[r]` of the whole.
#[derive(Clone)]
pub struct Rotation {
    n: usize,
    seed: u64,
    factors: Rc<OnceCell<Factors>>,
}

/// One of the tensors that a rotation is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factor {
    /// L below its diagonal, `[n, n]`.
    Lower,
    /// U above its diagonal, `[n, n]`.
    Upper,
    /// log |diagonal of U|, `[n]`.
    LogScale,
}

struct Factors {
    rows: Vec<usize>,
    /// L below and U on and above the diagonal, row by row; `None` for the identity.
    both: Option<Vec<Vec<f64>>>,
}

impl fmt::Debug for Rotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rotation").field("n", &self.n).field("seed", &self.seed).finish()
    }
}

impl PartialEq for Rotation {
    fn eq(&self, other: &Rotation) -> bool {
        (self.n, self.seed) == (other.n, other.seed)
    }
}

impl Rotation {
    /// The rotation of `n` dimensions that a seed stands for.
    pub fn new(n: usize, seed: u64) -> Rotation {
        Rotation { n, seed, factors: Rc::default() }
    }
    fn factors(&self) -> &Factors {
        self.factors.get_or_init(|| match self.n > LARGEST {
            true => Factors { rows: permutation(self.n, self.seed), both: None },
            false => factor(orthogonal(self.n, self.seed)),
        })
    }
    /// Where each row of L U lies in the whole.
    pub fn rows(&self) -> &[usize] {
        &self.factors().rows
    }
    /// The signs of the diagonal of U.
    pub fn signs(&self) -> Vec<f64> {
        self.diagonal().iter().map(|d| d.signum()).collect()
    }
    fn diagonal(&self) -> Vec<f64> {
        match &self.factors().both {
            None => vec![1.0; self.n],
            Some(both) => both.iter().enumerate().filter_map(|(i, row)| row.get(i).copied()).collect(),
        }
    }
    /// One of its factors.
    pub fn factor<'g>(&self, s: Scope<'g>, which: Factor) -> Ex<'g> {
        let n = self.n;
        let triangle = |keep: fn(&usize, &usize) -> bool| match &self.factors().both {
            None => s.full(0.0, &Shape::fixed(&[n, n])),
            Some(both) => {
                let each = |(i, row): (usize, &Vec<f64>)| -> Vec<f64> {
                    row.iter().enumerate().map(|(j, x)| if keep(&i, &j) { *x } else { 0.0 }).collect()
                };
                s.literal(both.iter().enumerate().flat_map(each).collect(), &[n, n])
            }
        };
        match which {
            Factor::Lower => triangle(usize::gt),
            Factor::Upper => triangle(usize::lt),
            Factor::LogScale => s.literal(self.diagonal().iter().map(|d| d.abs().ln()).collect(), &[n]),
        }
    }
}

/// Orthonormal rows, by Gram and Schmidt from Gaussian ones.
fn orthogonal(n: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut rng = SplitMix(seed);
    let mut q: Vec<Vec<f64>> = Vec::with_capacity(n);
    while q.len() < n {
        let mut v: Vec<f64> = (0..n).map(|_| rng.normal()).collect();
        // Twice is enough (Giraud et al. 2005).
        for _ in 0..2 {
            for u in &q {
                let along: f64 = u.iter().zip(&v).map(|(a, b)| a * b).sum();
                v.iter_mut().zip(u).for_each(|(x, a)| *x -= along * a);
            }
        }
        let norm = v.iter().map(|x| x * x).sum::<f64>().sqrt();
        if norm > 1e-6 {
            q.push(v.into_iter().map(|x| x / norm).collect());
        }
    }
    q
}

/// LU with row pivoting of an invertible matrix.
fn factor(mut a: Vec<Vec<f64>>) -> Factors {
    let n = a.len();
    let mut rows: Vec<usize> = (0..n).collect();
    for k in 0..n {
        let size = |i: usize| a.get(i).and_then(|row| row.get(k)).map_or(0.0, |x| x.abs());
        let pivot = (k..n).max_by(|&i, &j| size(i).total_cmp(&size(j))).unwrap_or(k);
        a.swap(k, pivot);
        rows.swap(k, pivot);
        let (above, below) = a.split_at_mut(k + 1);
        let Some((head, rest)) = above.last().and_then(|top| top.get(k..)?.split_first()) else { continue };
        for row in below {
            if let Some((x, behind)) = row.get_mut(k..).and_then(|r| r.split_first_mut()) {
                *x /= head;
                behind.iter_mut().zip(rest).for_each(|(y, t)| *y -= *x * t);
            }
        }
    }
    Factors { rows, both: Some(a) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_multiply_to_a_rotation() {
        let n = 6;
        let r = Rotation::new(n, 5);
        let both = r.factors().both.clone().unwrap_or_default();
        let mut w = vec![vec![0.0; n]; n];
        let l = |i: usize, j: usize| if i == j { 1.0 } else { f64::from(i > j) * both[i][j] };
        let u = |i: usize, j: usize| f64::from(i <= j) * both[i][j];
        for (i, &row) in r.rows().iter().enumerate() {
            w[row] = (0..n).map(|c| (0..n).map(|k| l(i, k) * u(k, c)).sum()).collect();
        }
        for i in 0..n {
            for j in 0..n {
                let dot: f64 = (0..n).map(|k| w[i][k] * w[j][k]).sum();
                assert!((dot - f64::from(i == j)).abs() < 1e-12, "{i} {j} {dot}");
            }
        }
    }

    #[test]
    fn a_rotation_is_equal_by_size_and_seed() {
        assert_eq!(Rotation::new(4, 1), Rotation::new(4, 1));
        assert_ne!(Rotation::new(4, 1), Rotation::new(4, 2));
        assert_eq!(format!("{:?}", Rotation::new(4, 1)), "Rotation { n: 4, seed: 1 }");
    }
}
