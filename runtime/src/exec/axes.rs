//! Axes of values: how they are handed to Burn, and one of them with another size.

/// The axes under which Burn holds a value: rank 0 becomes one axis of size 1.
pub(crate) fn burn_shape(dims: &[usize]) -> burn::backend::Shape {
    if dims.is_empty() {
        burn::backend::Shape::from(vec![1])
    } else {
        burn::backend::Shape::from(dims.to_vec())
    }
}

/// The same axes with `axis` of size `n`.
pub(crate) fn with_axis(dims: &[usize], axis: usize, n: usize) -> Vec<usize> {
    dims.iter().enumerate().map(|(i, d)| if i == axis { n } else { *d }).collect()
}
