//! Reductions, which keep the reduced axes with size 1.

use super::{OpRule, arg, axis_of, need, one, wanted, with_axis};
use crate::ir::graph::{Graph, Value};
use crate::ir::interp::Env;
use crate::ir::op::{ArgMax, Compare, Reduce, ReduceKind};
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
    fn passes(&self, _arg: usize) -> bool {
        true
    }
    fn grad(&self, g: &mut Graph, node: Value, out: Value, wants: &[bool]) -> Vec<Option<Value>> {
        if !wanted(wants, 0) {
            return vec![None];
        }
        let x = arg(g, node, 0);
        let shape = g.shape(x);
        let d = match self.kind {
            ReduceKind::Sum => g.broadcast(out, shape),
            ReduceKind::Mean => {
                let over = Shape(self.axes.iter().filter_map(|&a| shape.0.get(a).copied()).collect());
                let share = match over.count() {
                    (n, 0) => g.mul_c(out, 1.0 / n as f64),
                    (_, _) => {
                        let n = g.count(over);
                        g.div(out, n)
                    }
                };
                g.broadcast(share, shape)
            }
            ReduceKind::Max => {
                let attained = g.compare(Compare::Eq, x, node);
                let attained = g.cast(attained, DType::F);
                let ties = g.sum(attained, &self.axes);
                let share = g.div(out, ties);
                g.mul(attained, share)
            }
        };
        vec![Some(d)]
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
    fn passes(&self, _arg: usize) -> bool {
        false
    }
    fn grad(&self, _g: &mut Graph, _node: Value, _out: Value, _wants: &[bool]) -> Vec<Option<Value>> {
        vec![None]
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
