//! The matrix product of the last two axes.

use super::{OpRule, arg, broadcast_shapes, need, two, unbroadcast, wanted};
use crate::ir::graph::{Graph, Value};
use crate::ir::interp::Env;
use crate::ir::op::MatMul;
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
fn flat(g: &mut Graph, x: Value) -> Option<Value> {
    let shape = g.shape(x);
    let (k, rows) = shape.0.split_last()?;
    let (n, batch) = Shape(rows.to_vec()).count();
    if batch > 1 {
        return None;
    }
    let mut dims = vec![Dim::fixed(1); rows.len() - 1];
    dims.extend([Dim { n, batch: batch == 1 }, *k]);
    Some(g.reshape(x, Shape(dims)))
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
    fn passes(&self, _arg: usize) -> bool {
        true
    }
    fn grad(&self, g: &mut Graph, node: Value, out: Value, wants: &[bool]) -> Vec<Option<Value>> {
        let (a, b) = (arg(g, node, 0), arg(g, node, 1));
        let (sa, sb) = (g.shape(a), g.shape(b));
        let shared = sb.0.iter().take(sb.rank().saturating_sub(2)).all(|d| d.is_one());
        let da = wanted(wants, 0).then(|| {
            let bt = g.transpose(b);
            let d = g.matmul(out, bt);
            unbroadcast(g, d, &sa)
        });
        let db = wanted(wants, 1).then(|| {
            // One weight for all leading axes: fold them into the rows, so that the sum over them is part of the product.
            let folded = if shared && sb.rank() > 2 && sa.0.first() == g.shape(out).0.first() {
                flat(g, a).zip(flat(g, out))
            } else {
                None
            };
            match folded {
                Some((a, out)) => {
                    let at = g.transpose(a);
                    g.matmul(at, out)
                }
                None => {
                    let at = g.transpose(a);
                    let d = g.matmul(at, out);
                    unbroadcast(g, d, &sb)
                }
            }
        });
        vec![da, db]
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
        for l in 0..count {
            for i in 0..*m {
                for j in 0..*n {
                    let mut s = 0.0;
                    for p in 0..*k {
                        s += wide_a.data[(l * m + i) * k + p] * wide_b.data[(l * k + p) * n + j];
                    }
                    data[(l * m + i) * n + j] = s;
                }
            }
        }
        Tensor64::new(&shaped(&lead, *m, *n), data)
    }
    fn cost(&self, args: &[&Ty], out: &Ty, batch: usize) -> u64 {
        let k = args.first().and_then(|a| a.shape.0.last()).map_or(0, |d| d.size(batch));
        (out.shape.size(batch) as u64).saturating_mul(k as u64)
    }
}
