//! Reductions, which keep the reduced axes with size 1.

use super::{OpRule, axis_of, exactly, need, one, sure, with_axis};
use crate::ir::columns::{Dep, Places, kept};
use crate::ir::formula::Ex;
use crate::ir::graph::Value;
use crate::ir::interp::Env;
use crate::ir::op::{ArgMax, Reduce, ReduceKind};
use crate::ir::optimise::Rewriter;
use crate::ir::shape::{DType, Dim, Shape, Ty};
use crate::ir::tensor::Tensor64;

impl OpRule for Reduce {
    fn name(&self) -> &'static str {
        "reduce"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        let x = one(args)?;
        need(x, DType::F)?;
        if self.axes.windows(2).any(|w| matches!(w, [a, b] if a >= b)) {
            return Err(format!("the axes {:?} do not ascend", self.axes));
        }
        let mut shape = x.shape.clone();
        for &a in &self.axes {
            axis_of(&shape, a)?;
            shape = with_axis(&shape, a, Dim::fixed(1));
        }
        Ok(Ty::f(shape))
    }
    fn passes(&self, _i: usize) -> bool {
        true
    }
    fn adjoint<'g>(&self, _i: usize, args: &[Ex<'g>], y: Ex<'g>, d: Ex<'g>) -> Ex<'g> {
        let &[x] = exactly(args);
        let shape = x.shape();
        match self.kind {
            ReduceKind::Sum => d.broadcast(&shape),
            ReduceKind::Mean => {
                let over = Shape(self.axes.iter().map(|&a| sure(axis_of(&shape, a))).collect());
                let share = match over.count() {
                    (n, 0) => d * (1.0 / n as f64),
                    (_, _) => d / d.scope().count(&over),
                };
                share.broadcast(&shape)
            }
            ReduceKind::Max => {
                let attained = x.eq(y).cast(DType::F);
                let share = d / attained.sum(&self.axes);
                attained * share
            }
        }
    }
    fn linear_in(&self, _i: usize) -> bool {
        matches!(self.kind, ReduceKind::Sum | ReduceKind::Mean)
    }
    fn simpler(&self, r: &mut Rewriter, args: &[Value], ty: &Ty) -> Option<Value> {
        let &[x] = exactly(args);
        r.reduce(self, x, ty)
    }
    fn places(&self, args: &[&Dep], _tys: &[&Ty], _out: &Ty) -> Option<Places> {
        kept(args).filter(|p| p.iter().all(|(axis, _)| !self.axes.contains(axis)))
    }
    fn eval(&self, args: &[&Tensor64], _env: &Env) -> Result<Tensor64, String> {
        let mut x = one(args)?.clone();
        for &a in &self.axes {
            let (outer, n, inner) = x.split(a)?;
            let dims = x.resized(a, 1);
            let mut data = Vec::with_capacity(outer * inner);
            for o in 0..outer {
                for i in 0..inner {
                    let row = x.data.iter().skip(o * n * inner + i).step_by(inner.max(1)).take(n).copied();
                    data.push(match self.kind {
                        ReduceKind::Sum => row.sum(),
                        ReduceKind::Mean => row.sum::<f64>() / n as f64,
                        ReduceKind::Max => {
                            row.fold(f64::NEG_INFINITY, |m, v| if v.is_nan() || v > m { v } else { m })
                        }
                    });
                }
            }
            x = Tensor64::new(&dims, data)?;
        }
        Ok(x)
    }
}

impl OpRule for ArgMax {
    fn name(&self) -> &'static str {
        "arg_max"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        let x = one(args)?;
        need(x, DType::F)?;
        axis_of(&x.shape, self.axis)?;
        Ok(Ty { dtype: DType::I, shape: with_axis(&x.shape, self.axis, Dim::fixed(1)) })
    }
    fn places(&self, args: &[&Dep], _tys: &[&Ty], _out: &Ty) -> Option<Places> {
        kept(args).filter(|p| p.iter().all(|(axis, _)| *axis != self.axis))
    }
    fn eval(&self, args: &[&Tensor64], _env: &Env) -> Result<Tensor64, String> {
        let x = one(args)?;
        let (outer, n, inner) = x.split(self.axis)?;
        let mut data = Vec::with_capacity(outer * inner);
        for o in 0..outer {
            for i in 0..inner {
                let row = x.data.iter().skip(o * n * inner + i).step_by(inner.max(1)).take(n).enumerate();
                let best = row.fold((0, f64::NEG_INFINITY), |m, (j, &v)| if v > m.1 { (j, v) } else { m });
                data.push(best.0 as f64);
            }
        }
        Tensor64::new(&x.resized(self.axis, 1), data)
    }
}
