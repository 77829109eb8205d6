//! Constants: what does not depend on inputs, draws or the batch is computed here, by the reference interpreter.

use super::Rewriter;
use crate::ir::graph::Value;
use crate::ir::interp::Env;
use crate::ir::op::*;
use crate::ir::shape::{Shape, Ty};
use crate::ir::tensor::Tensor64;
use std::collections::BTreeMap;

/// The largest constant that is computed.
const LARGEST: usize = 1 << 16;
/// The largest constant that is made where none of this size was.
const LARGEST_NEW: usize = 1 << 12;
/// The most multiply-adds that are spent on one.
const MOST_WORK: u64 = 1 << 22;

impl Rewriter {
    pub(super) fn fold(&mut self, op: &Op, args: &[Value], ty: &Ty) -> Option<Value> {
        if let Op::Literal(l) = op {
            return self.uniform(&l.data, ty);
        }
        if let Op::Count(c) = op {
            let (n, batch) = c.shape.count();
            return (batch == 0).then(|| self.scalar(n as f64));
        }
        if args.is_empty() {
            return None;
        }
        let numbers: Option<Vec<f64>> = args.iter().map(|a| self.out.constant(*a)).collect();
        if let Some(numbers) = &numbers {
            if op.rule().elementwise().is_some() {
                let tensors: Vec<Tensor64> = numbers.iter().map(|&c| Tensor64::scalar(c)).collect();
                let value = evaluate(op, &tensors)?.data.first().copied()?;
                return (!value.is_nan()).then(|| self.konst(value, ty.dtype, ty.shape.clone()));
            }
            if op.rule().moves() {
                return numbers.first().map(|&c| self.konst(c, ty.dtype, ty.shape.clone()));
            }
        }
        let size = |s: &Shape| if s.count().1 == 0 { Some(s.size(1)) } else { None };
        let tys: Vec<&Ty> = args.iter().map(|a| self.out.ty(*a)).collect();
        let literal = |v: &Value| matches!(self.out.node(*v).op, Op::Literal(_));
        let known = args.iter().all(|a| literal(a) || self.out.constant(*a).is_some());
        let limit = if args.iter().any(literal) { LARGEST } else { LARGEST_NEW };
        let fits =
            tys.iter().map(|t| &t.shape).chain([&ty.shape]).all(|s| size(s).is_some_and(|n| n <= limit));
        if !known || !fits || op.rule().cost(&tys, ty, 1) > MOST_WORK {
            return None;
        }
        let tensors: Option<Vec<Tensor64>> =
            args.iter().map(|a| evaluate(&self.out.node(*a).op, &[])).collect();
        let result = evaluate(op, &tensors?)?;
        if result.data.iter().any(|x| x.is_nan()) {
            return None;
        }
        if let Some(v) = self.uniform(&result.data, ty) {
            return Some(v);
        }
        Some(
            self.emit(
                Op::Literal(Literal { data: result.data, dtype: ty.dtype, shape: ty.shape.clone() }),
                &[],
            ),
        )
    }

    /// A constant all of whose elements are equal.
    fn uniform(&mut self, data: &[f64], ty: &Ty) -> Option<Value> {
        let (first, rest) = data.split_first()?;
        let equal = rest.iter().all(|x| x.to_bits() == first.to_bits()) && !first.is_nan();
        equal.then(|| self.konst(*first, ty.dtype, ty.shape.clone()))
    }
}

/// The meaning of an op that depends on nothing but its arguments.
fn evaluate(op: &Op, args: &[Tensor64]) -> Option<Tensor64> {
    if !op.rule().pure() {
        return None;
    }
    let env = Env { batch: 1, inputs: BTreeMap::new(), random: &|_, _, _| Vec::new() };
    op.rule().eval(&args.iter().collect::<Vec<_>>(), &env).ok()
}
