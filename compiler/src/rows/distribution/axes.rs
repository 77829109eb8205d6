//! Axes of parameters, draws and values.

use crate::ir::ops::exactly;
use crate::ir::{DType, Dim, Ex, Scope, Shape, Value};
use std::ops::Range;

/// The axes of an elementwise combination of two values.
pub(super) fn common(a: &Shape, b: &Shape) -> Shape {
    if a.rank() != b.rank() {
        return if a.rank() > b.rank() { a.clone() } else { b.clone() };
    }
    Shape(a.0.iter().zip(&b.0).map(|(&x, &y)| if x.is_one() { y } else { x }).collect())
}

/// `v` repeated to the axes that the given parameters have together.
pub(super) fn broadcast_to_params<'g>(v: Ex<'g>, params: &[Option<Value>]) -> Ex<'g> {
    let s = v.scope();
    v.broadcast(&params.iter().flatten().fold(v.shape(), |shape, &p| common(&shape, &s.ex(p).shape())))
}

/// Without the last axis.
pub(super) fn without_last(shape: &Shape) -> Shape {
    let mut dims = shape.0.clone();
    dims.pop();
    Shape(dims)
}

/// With a further last axis of size `n`.
pub(super) fn with_last(shape: &Shape, n: usize) -> Shape {
    let mut dims = shape.0.clone();
    dims.push(Dim::fixed(n));
    Shape(dims)
}

/// With a further last axis of size 1; a number stays one.
pub(super) fn column(x: Ex<'_>) -> Ex<'_> {
    if x.rank() == 0 { x } else { x.reshape(with_last(&x.shape(), 1)) }
}

/// A literal `[1, .., 1, n]` of this rank, at least 1.
pub(super) fn along_last(s: Scope<'_>, data: Vec<f64>, rank: usize) -> Ex<'_> {
    let mut dims = vec![1; rank.saturating_sub(1)];
    dims.push(data.len());
    s.literal(data, &dims)
}

/// `table[.., index]` with `table: [.., n]` and `index: [..]` holding whole numbers as `F`; both broadcast over the leading axes.
pub(super) fn pick<'g>(table: Ex<'g>, index: Ex<'g>) -> Ex<'g> {
    let lead = common(&without_last(&table.shape()), &index.shape());
    let table = table.broadcast(&with_last(&lead, table.last_size()));
    let index = index.broadcast(&lead).reshape(with_last(&lead, 1)).cast(DType::I);
    table.gather(index, lead.rank()).reshape(lead)
}

/// The sum over the last axis, which stays with size 1, and what rounding took from it: in f64 the two together have the digits of f64.
/// A derivative passes through the first.
pub(super) fn exact_total<'g>(x: Ex<'g>) -> (Ex<'g>, Ex<'g>) {
    let (s, axis) = (x.scope(), x.last_axis());
    let halves = |x: Ex<'g>| {
        let (n, first) = (x.last_size(), x.last_size().div_ceil(2));
        let rest = x.slice(axis, first, n - first);
        (x.slice(axis, 0, first), if n < 2 * first { rest.pad(axis, 0, 1) } else { rest })
    };
    let (mut sum, mut lost) = (x, x.filled(0.0));
    while sum.last_size() > 1 {
        let ((a, b), (c, d)) = (halves(sum), halves(lost));
        sum = a + b;
        lost = s
            .wide(&[a, b, c, d, sum], |_, args| {
                let [a, b, c, d, sum] = *exactly(args);
                (a + b - sum) + (c + d)
            })
            .detach();
    }
    (sum, lost)
}

/// Values summed over at a time, where a sum runs over all that a draw can take: bounds the memory at one more axis of this size.
const AT_ONCE: usize = 16;

/// Σ f(x) over whole numbers x. They are passed along a last axis, which `f` keeps, after `rank` others of size 1.
pub(super) fn sum_over_values<'g>(
    s: Scope<'g>,
    values: Range<usize>,
    rank: usize,
    f: impl Fn(Ex<'g>) -> Ex<'g>,
) -> Ex<'g> {
    let all: Vec<f64> = values.map(|i| i as f64).collect();
    let parts = all.chunks(AT_ONCE).map(|part| f(along_last(s, part.to_vec(), rank + 1)).sum_last());
    parts.reduce(|sum, part| sum + part).unwrap_or_else(|| s.num(0.0))
}
