//! Pieces of formulas that layer and bijection rows share: one-hot coding, statistics, views.

use super::{Layer, LowerCx};
use crate::event::{EventTy, Kind};
use crate::ir::{DType, Ex, Scope, Shape};

/// The same elements, row-major, as events of another shape.
#[derive(Debug, PartialEq)]
pub struct View(pub Vec<usize>);

impl Layer for View {
    fn lower<'g>(&self, _: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        vec![x.view(&self.0)]
    }
}

/// A parameter `[C]` as `[1, C, 1, ..]`, so that it broadcasts along axis 1 of a value of `rank`.
pub fn per_channel(p: Ex<'_>, rank: usize) -> Ex<'_> {
    let mut dims = vec![1; rank];
    if let Some(c) = dims.get_mut(1) {
        *c = p.lead().n;
    }
    p.reshape(Shape::fixed(&dims))
}

/// A rank-0 value repeated for every example of `x`: `[B]`.
pub fn per_example<'g>(v: Ex<'g>, x: Ex<'g>) -> Ex<'g> {
    v.broadcast(&x.like(&[]))
}

/// Class numbers `[B, ..s]` as one-hot vectors, `[B, size of s, n]`.
pub fn one_hot(x: Ex<'_>, n: usize) -> Ex<'_> {
    let size = x.shape().0.iter().skip(1).map(|d| d.n).product();
    let column = x.view(&[size, 1]);
    column.eq(x.scope().literal((0..n).map(|k| k as f64).collect(), &[1, 1, n])).cast(DType::F)
}

/// The shape of an event as layers read it: numbers as they are, `Class(n)` as one-hot vectors on a new last axis.
pub fn shape_as_numbers(ty: &EventTy) -> Vec<usize> {
    match ty.kind {
        Kind::Class(n) => ty.shape.iter().copied().chain([n]).collect(),
        Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Count => ty.shape.clone(),
    }
}

/// An event as `[B, ..shape_as_numbers]`, whether or not its classes were one-hot coded before.
pub fn as_numbers<'g>(x: Ex<'g>, ty: &EventTy) -> Ex<'g> {
    match ty.kind {
        Kind::Class(n) if x.rank() == ty.shape.len() + 1 => one_hot(x, n).view(&shape_as_numbers(ty)),
        Kind::Class(_) | Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Count => x,
    }
}

/// Mean and (population) variance over `axes`, which are kept with length 1.
pub fn moments<'g>(x: Ex<'g>, axes: &[usize]) -> (Ex<'g>, Ex<'g>) {
    let mean = x.mean(axes);
    (mean, (x - mean).sq().mean(axes))
}

/// (x - mean) / √(var + eps)
pub fn standardised<'g>(x: Ex<'g>, (mean, var): (Ex<'g>, Ex<'g>), eps: f64) -> Ex<'g> {
    (x - mean) / (var + eps).sqrt()
}

/// x / ‖x‖ over all axes, safe at 0.
pub fn unit_length(x: Ex<'_>) -> Ex<'_> {
    x / x.sq().sum_all().sqrt().max(1e-12)
}

/// The numbers of the rows, `[n, 1]`, and columns, `[1, n]`, of a square matrix: what triangles and the identity are told by.
pub fn places(s: Scope<'_>, n: usize) -> [Ex<'_>; 2] {
    [[n, 1], [1, n]].map(|dims| s.literal((0..n).map(|i| i as f64).collect(), &dims))
}
