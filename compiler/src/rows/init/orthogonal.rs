//! `orthogonal`.

use super::{Fan, Init, InitRow};
use crate::ir::{Ex, Scope, Shape};

row! {
    /// orthonormal rows or columns; Saxe et al. 2014
    pub struct Orthogonal = "orthogonal";
}

impl InitRow for Orthogonal {
    fn init(&self, _: f64, _: Fan) -> Init {
        Init::Orthogonal
    }
}

/// Each step multiplies a small singular value by 1.5: 30 steps lift one of 1e-5, a square matrix' smallest, to 1.
const NEWTON_SCHULZ_STEPS: usize = 30;

/// The orthogonal factor of a Gaussian matrix (first axis × the others), by the Newton-Schulz iteration (Björck & Bowie 1971, eq. 2.9),
/// which keeps the singular vectors and drives every singular value to 1.
pub fn matrix<'g>(s: Scope<'g>, dims: &[usize]) -> Ex<'g> {
    let rows = dims.first().copied().unwrap_or(1);
    let columns = dims.iter().skip(1).product::<usize>();
    let (short, long) = (rows.min(columns), rows.max(columns));
    // The largest singular value of a Gaussian matrix is at most about √short + √long; 1.5 leaves room below √3.
    let size = 1.5 / ((short as f64).sqrt() + (long as f64).sqrt());
    let start = s.normal(&Shape::fixed(&[short, long])) * size;
    let x = (0..NEWTON_SCHULZ_STEPS).fold(start, |x, _| x * 1.5 - x.matmul(x.transpose()).matmul(x) * 0.5);
    if rows > columns { x.transpose() } else { x }.reshape(Shape::fixed(dims))
}
