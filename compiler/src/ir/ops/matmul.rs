//! The matrix product of the last two axes.

use super::{OpRule, broadcast_shapes, exactly, need, two, unbroadcast};
use crate::ir::columns::{Cut, Dep, Places};
use crate::ir::formula::Ex;
use crate::ir::graph::Value;
use crate::ir::interp::Env;
use crate::ir::op::MatMul;
use crate::ir::optimise::Rewriter;
use crate::ir::shape::{DType, Dim, Shape, Ty};
use crate::ir::tensor::{Tensor64, common_dims};

/// (leading axes, rows, columns) of a shape of rank at least 2.
fn matrix(shape: &Shape) -> Result<(&[Dim], Dim, Dim), String> {
    match shape.0.as_slice() {
        [lead @ .., m, k] => Ok((lead, *m, *k)),
        _ => Err(format!("{shape} has fewer than two axes")),
    }
}

/// `[.., m, k]` seen as `[1, .., rows, k]`, when the leading axes and `m` make one axis (at most one carries the batch).
fn flat(x: Ex<'_>) -> Option<Ex<'_>> {
    let shape = x.shape();
    let (k, rows) = shape.0.split_last()?;
    let (n, batch) = Shape(rows.to_vec()).count();
    if batch > 1 {
        return None;
    }
    let mut dims = vec![Dim::fixed(1); rows.len() - 1];
    dims.extend([Dim { n, batch: batch == 1 }, *k]);
    Some(x.reshape(Shape(dims)))
}

impl OpRule for MatMul {
    fn name(&self) -> &'static str {
        "matmul"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        let (a, b) = two(args)?;
        need(a, DType::F)?;
        need(b, DType::F)?;
        let (la, m, ka) = matrix(&a.shape)?;
        let (lb, kb, n) = matrix(&b.shape)?;
        if a.shape.rank() != b.shape.rank() {
            return Err(format!("{} and {} differ in rank", a.shape, b.shape));
        }
        if ka != kb {
            return Err(format!("{ka} columns do not meet {kb} rows"));
        }
        let mut lead = broadcast_shapes(&[&Ty::f(Shape(la.to_vec())), &Ty::f(Shape(lb.to_vec()))])?;
        lead.0.extend([m, n]);
        Ok(Ty::f(lead))
    }
    fn passes(&self, _i: usize) -> bool {
        true
    }
    fn adjoint<'g>(&self, i: usize, args: &[Ex<'g>], _y: Ex<'g>, d: Ex<'g>) -> Ex<'g> {
        let &[a, b] = exactly(args);
        let (sa, sb) = (a.shape(), b.shape());
        if i == 0 {
            return unbroadcast(d.matmul(b.transpose()), &sa);
        }
        // One weight for all leading axes: fold them into the rows, so that the sum over them is part of the product.
        let shared = sb.0.iter().rev().skip(2).all(|d| d.is_one());
        let folded = shared && sb.rank() > 2 && sa.0.first() == d.shape().0.first();
        match if folded { flat(a).zip(flat(d)) } else { None } {
            Some((a, d)) => a.transpose().matmul(d),
            None => unbroadcast(a.transpose().matmul(d), &sb),
        }
    }
    fn linear_in(&self, _i: usize) -> bool {
        true
    }
    /// A column times a row has no sum: it is elementwise, and can be part of a loop with what is around it.
    fn simpler(&self, r: &mut Rewriter, args: &[Value], ty: &Ty) -> Option<Value> {
        let &[a, b] = exactly(args);
        r.outer_product(a, b, ty)
    }
    /// The rows of the left matrix, else the columns of the right one. The result is for each of them a product with all of the other,
    /// of which what is later is 0 or masked.
    fn places(&self, args: &[&Dep], tys: &[&Ty], _out: &Ty) -> Option<Places> {
        let rank = two(tys).ok()?.0.shape.rank();
        let only = |dep: &Dep, at: usize| match dep {
            Dep::Placed(p) => p.iter().find(|(axis, _)| *axis == at).filter(|_| p.len() == 1).copied(),
            Dep::Fixed | Dep::Whole | Dep::Here => None,
        };
        let &[a, b] = exactly(args);
        let found = only(a, rank.checked_sub(2)?).or_else(|| only(b, rank - 1));
        found.map(|place| vec![place])
    }
    fn column(&self, cut: &mut Cut, v: Value, args: &[Value]) -> Value {
        let &[a, b] = exactly(args);
        let rows = cut.ty(v).shape.rank() - 2;
        let (a, b) = match cut.places(v).iter().any(|(axis, _)| *axis == rows) {
            true => (cut.column(a), cut.history(b)),
            false => (cut.history(a), cut.column(b)),
        };
        cut.graph().matmul(a, b)
    }
    fn eval(&self, args: &[&Tensor64], _env: &Env) -> Result<Tensor64, String> {
        let (a, b) = two(args)?;
        let ([la @ .., m, k], [lb @ .., _, n]) = (a.dims.as_slice(), b.dims.as_slice()) else {
            return Err("a matrix product needs two axes".into());
        };
        let lead = common_dims(&[&Tensor64::full(la, 0.0), &Tensor64::full(lb, 0.0)])?;
        let shaped =
            |l: &[usize], r: usize, c: usize| l.iter().copied().chain([r, c]).collect::<Vec<usize>>();
        let (wide_a, wide_b) = (a.spread(&shaped(&lead, *m, *k))?, b.spread(&shaped(&lead, *k, *n))?);
        let count: usize = lead.iter().product();
        let mut data = vec![0.0; count * m * n];
        if *k == 0 || *n == 0 {
            return Tensor64::new(&shaped(&lead, *m, *n), data);
        }
        let matrices = wide_a.data.chunks_exact((m * k).max(1)).zip(wide_b.data.chunks_exact(k * n));
        for ((a, b), c) in matrices.zip(data.chunks_exact_mut((m * n).max(1))) {
            for (a_row, c_row) in a.chunks_exact(*k).zip(c.chunks_exact_mut(*n)) {
                for (x, b_row) in a_row.iter().zip(b.chunks_exact(*n)) {
                    c_row.iter_mut().zip(b_row).for_each(|(c, y)| *c += x * y);
                }
            }
        }
        Tensor64::new(&shaped(&lead, *m, *n), data)
    }
    fn cost(&self, args: &[&Ty], out: &Ty, batch: usize) -> u64 {
        let &[a, _] = exactly(args);
        let k = a.shape.0.last().map_or(0, |d| d.size(batch));
        (out.shape.size(batch) as u64).saturating_mul(k as u64)
    }
}
