//! Values repeated along the batch axis, and what was repeated taken apart again.

use crate::ir::{Dim, Ex, Shape};

/// A value with `n` copies of each row in a new axis before (`axis` 0) or behind (`axis` 1) its first one, both then read as one: copies
/// of all rows one after the other, or each row's copies one after the other.
pub(in crate::derive) fn repeat(x: Ex<'_>, axis: usize, n: Dim) -> Ex<'_> {
    let mut dims = x.shape().0;
    dims.insert(axis.min(dims.len()), Dim::fixed(1));
    stretch(x.reshape(Shape(dims)), axis, n)
}

/// The same of a value that has the new axis already, with size 1.
pub(in crate::derive) fn stretch(x: Ex<'_>, axis: usize, n: Dim) -> Ex<'_> {
    let mut dims = x.shape().0;
    if let Some(d) = dims.get_mut(axis) {
        *d = n;
    }
    let x = x.broadcast(&Shape(dims.clone()));
    let (first, rest) = dims.split_at(2.min(dims.len()));
    let both = Dim { n: first.iter().map(|d| d.n).product(), batch: first.iter().any(|d| d.batch) };
    x.reshape(Shape(std::iter::once(both).chain(rest.iter().copied()).collect()))
}

/// `[k·m·B, ..]` as `[k, m·B, ..]`.
pub(in crate::derive) fn unfold(x: Ex<'_>, k: usize, rows: Dim) -> Ex<'_> {
    let event = x.shape().0.into_iter().skip(1);
    x.reshape(Shape([Dim::fixed(k), rows].into_iter().chain(event).collect()))
}

/// Without the first axis, which has size 1.
pub(in crate::derive) fn drop_first(x: Ex<'_>) -> Ex<'_> {
    let event = x.shape().0.into_iter().skip(1).collect();
    x.reshape(Shape(event))
}
