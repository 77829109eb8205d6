//! Reading and adding at indices, computed ones and fixed ones. Each reader's derivative is its adder, and the reverse.

use super::{OpRule, axis_of, exactly, fixed_axis, need, one, sure, two, with_axis};
use crate::ir::columns::{Cut, Dep, Places, kept, shared};
use crate::ir::formula::Ex;
use crate::ir::graph::Value;
use crate::ir::interp::Env;
use crate::ir::op::{Gather, Lookup, LookupAdd, Op, Put, ScatterAdd, Take};
use crate::ir::optimise::Rewriter;
use crate::ir::shape::{DType, Dim, Ty};
use crate::ir::tensor::Tensor64;

/// A number used as an index into `0..n`.
fn index(value: f64, n: usize) -> Result<usize, String> {
    if value >= 0.0 && value < n as f64 {
        Ok(value as usize)
    } else {
        Err(format!("index {value} lies outside 0..{n}"))
    }
}

/// Equal in every axis but one.
fn same_but(a: &Ty, b: &Ty, axis: usize) -> Result<(), String> {
    let equal = a.shape.rank() == b.shape.rank()
        && a.shape.0.iter().zip(&b.shape.0).enumerate().all(|(i, (x, y))| i == axis || x == y);
    if equal { Ok(()) } else { Err(format!("{} and {} differ outside axis {axis}", a.shape, b.shape)) }
}

impl OpRule for Gather {
    fn name(&self) -> &'static str {
        "gather"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        let (x, i) = two(args)?;
        need(x, DType::F)?;
        need(i, DType::I)?;
        axis_of(&x.shape, self.axis)?;
        same_but(x, i, self.axis)?;
        Ok(Ty::f(i.shape.clone()))
    }
    fn passes(&self, i: usize) -> bool {
        i == 0
    }
    fn adjoint<'g>(&self, _i: usize, args: &[Ex<'g>], _y: Ex<'g>, d: Ex<'g>) -> Ex<'g> {
        let &[x, index] = exactly(args);
        let size = sure(axis_of(&x.shape(), self.axis));
        d.scope().op(Op::ScatterAdd(ScatterAdd { axis: self.axis, size }), &[index, d])
    }
    fn linear_in(&self, i: usize) -> bool {
        i == 0
    }
    fn places(&self, args: &[&Dep], tys: &[&Ty], out: &Ty) -> Option<Places> {
        shared(args, tys, out).filter(|p| p.iter().all(|(axis, _)| *axis != self.axis))
    }
    fn eval(&self, args: &[&Tensor64], _env: &Env) -> Result<Tensor64, String> {
        let (x, i) = two(args)?;
        let (_, n, inner) = x.split(self.axis)?;
        let (_, m, _) = i.split(self.axis)?;
        let mut data = Vec::with_capacity(i.data.len());
        for (p, &v) in i.data.iter().enumerate() {
            let (o, r) = (p / (m * inner), p % inner);
            data.push(x[(o * n + index(v, n)?) * inner + r]);
        }
        Tensor64::new(&i.dims, data)
    }
}

impl OpRule for ScatterAdd {
    fn name(&self) -> &'static str {
        "scatter_add"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        let (i, d) = two(args)?;
        need(i, DType::I)?;
        need(d, DType::F)?;
        axis_of(&d.shape, self.axis)?;
        if i.shape != d.shape {
            return Err(format!("{} indices for {} values", i.shape, d.shape));
        }
        Ok(Ty::f(with_axis(&d.shape, self.axis, self.size)))
    }
    fn passes(&self, i: usize) -> bool {
        i == 1
    }
    fn adjoint<'g>(&self, _i: usize, args: &[Ex<'g>], _y: Ex<'g>, d: Ex<'g>) -> Ex<'g> {
        let &[index, _] = exactly(args);
        d.gather(index, self.axis)
    }
    fn linear_in(&self, i: usize) -> bool {
        i == 1
    }
    fn eval(&self, args: &[&Tensor64], env: &Env) -> Result<Tensor64, String> {
        let (i, d) = two(args)?;
        let n = self.size.size(env.batch);
        let (_, m, inner) = i.split(self.axis)?;
        let mut x = Tensor64::full(&d.resized(self.axis, n), 0.0);
        for (p, (&v, &e)) in i.data.iter().zip(&d.data).enumerate() {
            let (o, r) = (p / (m * inner), p % inner);
            x[(o * n + index(v, n)?) * inner + r] += e;
        }
        Ok(x)
    }
}

impl OpRule for Take {
    fn name(&self) -> &'static str {
        "take"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        let x = one(args)?;
        let n = fixed_axis(&x.shape, self.axis)?;
        if let Some(i) = self.indices.iter().find(|&&i| i >= n) {
            return Err(format!("index {i} lies outside 0..{n}"));
        }
        Ok(Ty { dtype: x.dtype, shape: with_axis(&x.shape, self.axis, Dim::fixed(self.indices.len())) })
    }
    fn passes(&self, _i: usize) -> bool {
        true
    }
    fn adjoint<'g>(&self, _i: usize, args: &[Ex<'g>], _y: Ex<'g>, d: Ex<'g>) -> Ex<'g> {
        let &[x] = exactly(args);
        let size = sure(fixed_axis(&x.shape(), self.axis));
        d.scope().op(Op::Put(Put { axis: self.axis, indices: self.indices.clone(), size }), &[d])
    }
    fn moves(&self) -> bool {
        true
    }
    fn linear_in(&self, _i: usize) -> bool {
        true
    }
    fn simpler(&self, r: &mut Rewriter, args: &[Value], ty: &Ty) -> Option<Value> {
        let &[x] = exactly(args);
        r.take(self, x, ty)
    }
    fn places(&self, args: &[&Dep], _tys: &[&Ty], _out: &Ty) -> Option<Places> {
        kept(args).filter(|p| p.iter().all(|(axis, _)| *axis != self.axis))
    }
    fn eval(&self, args: &[&Tensor64], _env: &Env) -> Result<Tensor64, String> {
        let x = one(args)?;
        let (outer, n, inner) = x.split(self.axis)?;
        let mut data = Vec::with_capacity(outer * inner * self.indices.len());
        for o in 0..outer {
            for &i in &self.indices {
                data.extend_from_slice(&x[(o * n + i) * inner..(o * n + i + 1) * inner]);
            }
        }
        Tensor64::new(&x.resized(self.axis, self.indices.len()), data)
    }
}

impl OpRule for Put {
    fn name(&self) -> &'static str {
        "put"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        let x = one(args)?;
        need(x, DType::F)?;
        let n = fixed_axis(&x.shape, self.axis)?;
        if n != self.indices.len() {
            return Err(format!("{} indices for {n} rows", self.indices.len()));
        }
        if let Some(i) = self.indices.iter().find(|&&i| i >= self.size) {
            return Err(format!("index {i} lies outside 0..{}", self.size));
        }
        Ok(Ty::f(with_axis(&x.shape, self.axis, Dim::fixed(self.size))))
    }
    fn passes(&self, _i: usize) -> bool {
        true
    }
    fn adjoint<'g>(&self, _i: usize, _args: &[Ex<'g>], _y: Ex<'g>, d: Ex<'g>) -> Ex<'g> {
        d.take(self.axis, self.indices.clone())
    }
    fn linear_in(&self, _i: usize) -> bool {
        true
    }
    fn simpler(&self, r: &mut Rewriter, args: &[Value], _ty: &Ty) -> Option<Value> {
        let &[x] = exactly(args);
        r.put(self, x)
    }
    fn eval(&self, args: &[&Tensor64], _env: &Env) -> Result<Tensor64, String> {
        let d = one(args)?;
        let (outer, n, inner) = d.split(self.axis)?;
        let mut x = Tensor64::full(&d.resized(self.axis, self.size), 0.0);
        for o in 0..outer {
            for (j, &i) in self.indices.iter().enumerate() {
                for r in 0..inner {
                    x[(o * self.size + i) * inner + r] += d[(o * n + j) * inner + r];
                }
            }
        }
        Ok(x)
    }
}

impl OpRule for Lookup {
    fn name(&self) -> &'static str {
        "lookup"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        let (x, i) = two(args)?;
        need(x, DType::F)?;
        need(i, DType::I)?;
        fixed_axis(&x.shape, 0)?;
        match i.shape.0.as_slice() {
            [m] => Ok(Ty::f(with_axis(&x.shape, 0, *m))),
            _ => Err(format!("the index {} does not have one axis", i.shape)),
        }
    }
    fn passes(&self, i: usize) -> bool {
        i == 0
    }
    /// The places of the index, of a table that is the same everywhere.
    fn places(&self, args: &[&Dep], _tys: &[&Ty], _out: &Ty) -> Option<Places> {
        match args {
            [Dep::Fixed, Dep::Placed(p)] => Some(p.clone()),
            _ => None,
        }
    }
    fn column(&self, cut: &mut Cut, v: Value, args: &[Value]) -> Value {
        let &[table, index] = exactly(args);
        let (table, index) = (cut.all(table), cut.column(index));
        cut.like(v, &[table, index])
    }
    fn adjoint<'g>(&self, _i: usize, args: &[Ex<'g>], _y: Ex<'g>, d: Ex<'g>) -> Ex<'g> {
        let &[table, index] = exactly(args);
        let size = sure(fixed_axis(&table.shape(), 0));
        d.scope().op(Op::LookupAdd(LookupAdd { size }), &[index, d])
    }
    fn linear_in(&self, i: usize) -> bool {
        i == 0
    }
    fn eval(&self, args: &[&Tensor64], _env: &Env) -> Result<Tensor64, String> {
        let (x, i) = two(args)?;
        let (_, n, inner) = x.split(0)?;
        let mut data = Vec::with_capacity(i.data.len() * inner);
        for &v in &i.data {
            let row = index(v, n)?;
            data.extend_from_slice(&x[row * inner..(row + 1) * inner]);
        }
        Tensor64::new(&x.resized(0, i.data.len()), data)
    }
}

impl OpRule for LookupAdd {
    fn name(&self) -> &'static str {
        "lookup_add"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        let (i, d) = two(args)?;
        need(i, DType::I)?;
        need(d, DType::F)?;
        let rows = axis_of(&d.shape, 0)?;
        if i.shape.0 != [rows] {
            return Err(format!("{} indices for {} values", i.shape, d.shape));
        }
        Ok(Ty::f(with_axis(&d.shape, 0, Dim::fixed(self.size))))
    }
    fn passes(&self, i: usize) -> bool {
        i == 1
    }
    fn adjoint<'g>(&self, _i: usize, args: &[Ex<'g>], _y: Ex<'g>, d: Ex<'g>) -> Ex<'g> {
        let &[index, _] = exactly(args);
        d.lookup(index)
    }
    fn linear_in(&self, i: usize) -> bool {
        i == 1
    }
    fn eval(&self, args: &[&Tensor64], _env: &Env) -> Result<Tensor64, String> {
        let (i, d) = two(args)?;
        let (_, _, inner) = d.split(0)?;
        let mut x = Tensor64::full(&d.resized(0, self.size), 0.0);
        for (m, &v) in i.data.iter().enumerate() {
            let row = index(v, self.size)?;
            for r in 0..inner {
                x[row * inner + r] += d[m * inner + r];
            }
        }
        Ok(x)
    }
}
