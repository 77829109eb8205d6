//! Dense row-major f64 tensors: what the reference interpreter and the constant folder compute with.
//!
//! Every dtype is kept as f64: `I` as whole numbers, `B` as 0 and 1.

use std::ops::{Index, IndexMut};
use std::slice::SliceIndex;

/// A dense tensor. Invariant: `data.len()` is the product of `dims`.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor64 {
    /// Sizes of the axes, outermost first; empty for rank 0.
    pub dims: Vec<usize>,
    /// Row-major elements.
    pub data: Vec<f64>,
}

impl Tensor64 {
    /// A tensor of these elements.
    ///
    /// # Errors
    /// When the number of elements is not the product of `dims`.
    pub fn new(dims: &[usize], data: Vec<f64>) -> Result<Tensor64, String> {
        let size: usize = dims.iter().product();
        if size == data.len() {
            Ok(Tensor64 { dims: dims.to_vec(), data })
        } else {
            Err(format!("{} elements given for the shape {dims:?}", data.len()))
        }
    }
    /// Every element equal to `value`.
    pub fn full(dims: &[usize], value: f64) -> Tensor64 {
        Tensor64 { dims: dims.to_vec(), data: vec![value; dims.iter().product()] }
    }
    /// Rank 0.
    pub fn scalar(value: f64) -> Tensor64 {
        Tensor64 { dims: Vec::new(), data: vec![value] }
    }
    /// Element `f(i)` at the row-major position `i`.
    pub fn from_fn(dims: &[usize], f: impl FnMut(usize) -> f64) -> Tensor64 {
        let size: usize = dims.iter().product();
        Tensor64 { dims: dims.to_vec(), data: (0..size).map(f).collect() }
    }
    /// Number of axes.
    pub fn rank(&self) -> usize {
        self.dims.len()
    }
    /// The function applied to every element.
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Tensor64 {
        Tensor64 { dims: self.dims.clone(), data: self.data.iter().map(|&x| f(x)).collect() }
    }
    /// (elements before `axis`, the axis, elements after): the tensor seen as `[outer, n, inner]`.
    pub fn split(&self, axis: usize) -> Result<(usize, usize, usize), String> {
        let n = *self.dims.get(axis).ok_or_else(|| format!("no axis {axis} in {:?}", self.dims))?;
        let outer = self.dims.iter().take(axis).product();
        let inner = self.dims.iter().skip(axis + 1).product();
        Ok((outer, n, inner))
    }
    /// The dims with one axis resized.
    pub fn resized(&self, axis: usize, n: usize) -> Vec<usize> {
        self.dims.iter().enumerate().map(|(i, &d)| if i == axis { n } else { d }).collect()
    }
    /// The elements repeated along axes of size 1 (or from rank 0) up to `dims`.
    ///
    /// # Errors
    /// When an axis is neither equal nor 1.
    pub fn spread(&self, dims: &[usize]) -> Result<Tensor64, String> {
        if self.dims == dims {
            return Ok(self.clone());
        }
        if self.rank() == 0 {
            return Ok(Tensor64 {
                dims: dims.to_vec(),
                data: vec![self.data.first().copied().unwrap_or(0.0); dims.iter().product()],
            });
        }
        if self.rank() != dims.len() || self.dims.iter().zip(dims).any(|(&a, &b)| a != b && a != 1) {
            return Err(format!("{:?} does not broadcast to {dims:?}", self.dims));
        }
        let steps: Vec<usize> =
            strides(&self.dims).iter().zip(&self.dims).map(|(&s, &d)| if d == 1 { 0 } else { s }).collect();
        self.walk(dims, &steps)
    }
    /// Reads the elements at `Σ index[i] * steps[i]` for every index of `dims` in row-major order.
    ///
    /// # Errors
    /// When a step leaves the tensor.
    pub fn walk(&self, dims: &[usize], steps: &[usize]) -> Result<Tensor64, String> {
        let size: usize = dims.iter().product();
        let mut data = Vec::with_capacity(size);
        let mut index = vec![0usize; dims.len()];
        let mut at = 0usize;
        for _ in 0..size {
            data.push(
                *self.data.get(at).ok_or_else(|| format!("position {at} lies outside {:?}", self.dims))?,
            );
            for ((i, &n), &s) in index.iter_mut().zip(dims).zip(steps).rev() {
                *i += 1;
                at += s;
                if *i < n {
                    break;
                }
                at -= n * s;
                *i = 0;
            }
        }
        Ok(Tensor64 { dims: dims.to_vec(), data })
    }
}

/// Elements by their row-major positions, which follow from shapes that are checked before: to leave the tensor is a bug.
impl<I: SliceIndex<[f64]>> Index<I> for Tensor64 {
    type Output = I::Output;
    #[expect(clippy::indexing_slicing, reason = "the one place where a tensor is indexed")]
    fn index(&self, at: I) -> &I::Output {
        &self.data[at]
    }
}

impl<I: SliceIndex<[f64]>> IndexMut<I> for Tensor64 {
    #[expect(clippy::indexing_slicing, reason = "the one place where a tensor is indexed")]
    fn index_mut(&mut self, at: I) -> &mut I::Output {
        &mut self.data[at]
    }
}

/// Row-major strides.
pub fn strides(dims: &[usize]) -> Vec<usize> {
    let mut out = vec![1; dims.len()];
    let mut step = 1;
    for (s, &n) in out.iter_mut().zip(dims).rev() {
        *s = step;
        step *= n;
    }
    out
}

/// The common dims of broadcast arguments.
///
/// # Errors
/// When ranks differ (other than rank 0) or an axis is neither equal nor 1.
pub fn common_dims(args: &[&Tensor64]) -> Result<Vec<usize>, String> {
    let mut dims: Vec<usize> = Vec::new();
    for a in args.iter().filter(|a| a.rank() > 0) {
        if dims.is_empty() {
            dims.clone_from(&a.dims);
            continue;
        }
        if dims.len() != a.rank() {
            return Err(format!("{dims:?} and {:?} differ in rank", a.dims));
        }
        for (d, &n) in dims.iter_mut().zip(&a.dims) {
            match (*d, n) {
                (x, y) if x == y => {}
                (1, y) => *d = y,
                (_, 1) => {}
                (x, y) => return Err(format!("axes {x} and {y} do not broadcast")),
            }
        }
    }
    Ok(dims)
}
