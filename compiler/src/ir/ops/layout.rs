//! The same elements in another arrangement.

use super::{OpRule, axis_of, exactly, fixed_axis, one, sure, unbroadcast, with_axis};
use crate::ir::columns::{Cut, Dep, Places, holds, kept, reshaped, shared};
use crate::ir::formula::Ex;
use crate::ir::graph::Value;
use crate::ir::interp::Env;
use crate::ir::op::{Broadcast, Concat, Pad, Permute, Reshape, Slice};
use crate::ir::optimise::Rewriter;
use crate::ir::shape::{Dim, Shape, Ty};
use crate::ir::tensor::{Tensor64, strides};

impl OpRule for Broadcast {
    fn name(&self) -> &'static str {
        "broadcast"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        let x = one(args)?;
        let fits = x.shape.rank() == self.shape.rank()
            && x.shape.0.iter().zip(&self.shape.0).all(|(a, b)| a == b || a.is_one());
        if x.shape.rank() > 0 && !fits {
            return Err(format!("{} does not broadcast to {}", x.shape, self.shape));
        }
        Ok(Ty { dtype: x.dtype, shape: self.shape.clone() })
    }
    fn passes(&self, _i: usize) -> bool {
        true
    }
    fn adjoint<'g>(&self, _i: usize, args: &[Ex<'g>], _y: Ex<'g>, d: Ex<'g>) -> Ex<'g> {
        let &[x] = exactly(args);
        unbroadcast(d, &x.shape())
    }
    fn moves(&self) -> bool {
        true
    }
    fn linear_in(&self, _i: usize) -> bool {
        true
    }
    fn simpler(&self, r: &mut Rewriter, args: &[Value], ty: &Ty) -> Option<Value> {
        let &[x] = exactly(args);
        r.broadcast(x, ty)
    }
    fn places(&self, args: &[&Dep], tys: &[&Ty], out: &Ty) -> Option<Places> {
        shared(args, tys, out)
    }
    fn column(&self, cut: &mut Cut, v: Value, args: &[Value]) -> Value {
        let &[x] = exactly(args);
        let (x, shape) = (cut.column(x), cut.shape_here(v));
        cut.graph().broadcast(x, shape)
    }
    fn eval(&self, args: &[&Tensor64], env: &Env) -> Result<Tensor64, String> {
        one(args)?.spread(&self.shape.at(env.batch))
    }
}

impl OpRule for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        let x = one(args)?;
        if x.shape.count() != self.shape.count() {
            return Err(format!("{} and {} do not hold the same number of elements", x.shape, self.shape));
        }
        Ok(Ty { dtype: x.dtype, shape: self.shape.clone() })
    }
    fn passes(&self, _i: usize) -> bool {
        true
    }
    fn adjoint<'g>(&self, _i: usize, args: &[Ex<'g>], _y: Ex<'g>, d: Ex<'g>) -> Ex<'g> {
        let &[x] = exactly(args);
        d.reshape(x.shape())
    }
    fn moves(&self) -> bool {
        true
    }
    fn linear_in(&self, _i: usize) -> bool {
        true
    }
    fn simpler(&self, r: &mut Rewriter, args: &[Value], ty: &Ty) -> Option<Value> {
        let &[x] = exactly(args);
        r.reshape(x, ty)
    }
    fn places(&self, args: &[&Dep], tys: &[&Ty], out: &Ty) -> Option<Places> {
        reshaped(&kept(args)?, &one(tys).ok()?.shape, &out.shape)
    }
    fn column(&self, cut: &mut Cut, v: Value, args: &[Value]) -> Value {
        let &[x] = exactly(args);
        let (x, shape) = (cut.column(x), cut.shape_here(v));
        cut.graph().reshape(x, shape)
    }
    fn eval(&self, args: &[&Tensor64], env: &Env) -> Result<Tensor64, String> {
        Tensor64::new(&self.shape.at(env.batch), one(args)?.data.clone())
    }
}

impl OpRule for Permute {
    fn name(&self) -> &'static str {
        "permute"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        let x = one(args)?;
        let mut sorted = self.perm.clone();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..x.shape.rank()) {
            return Err(format!("{:?} is no permutation of the axes of {}", self.perm, x.shape));
        }
        let dims: Result<Vec<Dim>, String> = self.perm.iter().map(|&p| axis_of(&x.shape, p)).collect();
        Ok(Ty { dtype: x.dtype, shape: Shape(dims?) })
    }
    fn passes(&self, _i: usize) -> bool {
        true
    }
    fn adjoint<'g>(&self, _i: usize, _args: &[Ex<'g>], _y: Ex<'g>, d: Ex<'g>) -> Ex<'g> {
        let mut inverse: Vec<usize> = (0..self.perm.len()).collect();
        inverse.sort_unstable_by_key(|&i| self.perm.get(i).copied());
        d.permute(&inverse)
    }
    fn moves(&self) -> bool {
        true
    }
    fn linear_in(&self, _i: usize) -> bool {
        true
    }
    fn simpler(&self, r: &mut Rewriter, args: &[Value], ty: &Ty) -> Option<Value> {
        let &[x] = exactly(args);
        r.permute(self, x, ty)
    }
    fn places(&self, args: &[&Dep], _tys: &[&Ty], _out: &Ty) -> Option<Places> {
        let to = |axis: usize| self.perm.iter().position(|p| *p == axis);
        let mut moved: Places =
            kept(args)?.into_iter().map(|(axis, at)| Some((to(axis)?, at))).collect::<Option<_>>()?;
        moved.sort_by_key(|(axis, _)| *axis);
        Some(moved)
    }
    fn eval(&self, args: &[&Tensor64], _env: &Env) -> Result<Tensor64, String> {
        let x = one(args)?;
        let steps = strides(&x.dims);
        let pick =
            |of: &[usize]| self.perm.iter().map(|&p| of.get(p).copied().unwrap_or(0)).collect::<Vec<usize>>();
        x.walk(&pick(&x.dims), &pick(&steps))
    }
}

impl OpRule for Slice {
    fn name(&self) -> &'static str {
        "slice"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        let x = one(args)?;
        let n = fixed_axis(&x.shape, self.axis)?;
        if self.start.checked_add(self.len).is_none_or(|end| end > n) {
            return Err(format!("{} elements from {} do not lie in 0..{n}", self.len, self.start));
        }
        Ok(Ty { dtype: x.dtype, shape: with_axis(&x.shape, self.axis, Dim::fixed(self.len)) })
    }
    fn passes(&self, _i: usize) -> bool {
        true
    }
    fn adjoint<'g>(&self, _i: usize, args: &[Ex<'g>], _y: Ex<'g>, d: Ex<'g>) -> Ex<'g> {
        let &[x] = exactly(args);
        let n = sure(fixed_axis(&x.shape(), self.axis));
        d.pad(self.axis, self.start, n - (self.start + self.len))
    }
    fn moves(&self) -> bool {
        true
    }
    fn linear_in(&self, _i: usize) -> bool {
        true
    }
    fn simpler(&self, r: &mut Rewriter, args: &[Value], ty: &Ty) -> Option<Value> {
        let &[x] = exactly(args);
        r.slice(*self, x, ty)
    }
    fn places(&self, args: &[&Dep], _tys: &[&Ty], _out: &Ty) -> Option<Places> {
        kept(args).filter(|p| self.start == 0 || p.iter().all(|(axis, _)| *axis != self.axis))
    }
    fn column(&self, cut: &mut Cut, v: Value, args: &[Value]) -> Value {
        let &[x] = exactly(args);
        match cut.places(v).iter().any(|(axis, _)| *axis == self.axis) {
            true => cut.column(x),
            false => cut.same(v, args),
        }
    }
    fn eval(&self, args: &[&Tensor64], _env: &Env) -> Result<Tensor64, String> {
        let x = one(args)?;
        let (outer, n, inner) = x.split(self.axis)?;
        let rows = (0..outer)
            .flat_map(|o| &x[(o * n + self.start) * inner..(o * n + self.start + self.len) * inner]);
        Tensor64::new(&x.resized(self.axis, self.len), rows.copied().collect())
    }
}

impl OpRule for Pad {
    fn name(&self) -> &'static str {
        "pad"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        let x = one(args)?;
        let n = fixed_axis(&x.shape, self.axis)?;
        let wide = n
            .checked_add(self.before)
            .and_then(|m| m.checked_add(self.after))
            .ok_or("the axis grows too long")?;
        Ok(Ty { dtype: x.dtype, shape: with_axis(&x.shape, self.axis, Dim::fixed(wide)) })
    }
    fn passes(&self, _i: usize) -> bool {
        true
    }
    fn adjoint<'g>(&self, _i: usize, args: &[Ex<'g>], _y: Ex<'g>, d: Ex<'g>) -> Ex<'g> {
        let &[x] = exactly(args);
        d.slice(self.axis, self.before, sure(fixed_axis(&x.shape(), self.axis)))
    }
    fn linear_in(&self, _i: usize) -> bool {
        true
    }
    fn simpler(&self, r: &mut Rewriter, args: &[Value], _ty: &Ty) -> Option<Value> {
        let &[x] = exactly(args);
        r.pad(*self, x)
    }
    fn places(&self, args: &[&Dep], _tys: &[&Ty], out: &Ty) -> Option<Places> {
        kept(args).filter(|p| p.iter().all(|(axis, at)| holds(&out.shape, *axis, at)))
    }
    fn column(&self, cut: &mut Cut, v: Value, args: &[Value]) -> Value {
        let &[x] = exactly(args);
        let places = cut.places(v).to_vec();
        match places.iter().position(|(axis, _)| *axis == self.axis) {
            // Zeros before the first place: what stands here is what is so many places earlier.
            Some(i) => {
                let mut before = vec![0; places.len()];
                if let Some(b) = before.get_mut(i) {
                    *b = self.before as isize;
                }
                cut.window(x, &before, &vec![1; places.len()])
            }
            None => cut.same(v, args),
        }
    }
    fn eval(&self, args: &[&Tensor64], _env: &Env) -> Result<Tensor64, String> {
        let x = one(args)?;
        let (outer, n, inner) = x.split(self.axis)?;
        let mut data = Vec::new();
        for o in 0..outer {
            data.resize(data.len() + self.before * inner, 0.0);
            data.extend_from_slice(&x[o * n * inner..(o + 1) * n * inner]);
            data.resize(data.len() + self.after * inner, 0.0);
        }
        Tensor64::new(&x.resized(self.axis, n + self.before + self.after), data)
    }
}

impl OpRule for Concat {
    fn name(&self) -> &'static str {
        "concat"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        let (first, rest) = args.split_first().ok_or("takes at least one argument")?;
        let mut dim = axis_of(&first.shape, self.axis)?;
        for a in rest {
            let d = axis_of(&a.shape, self.axis)?;
            if a.dtype != first.dtype
                || with_axis(&a.shape, self.axis, dim) != first.shape
                    && with_axis(&first.shape, self.axis, d) != a.shape
            {
                return Err(format!("{first} and {a} differ outside axis {}", self.axis));
            }
            if d.batch != dim.batch {
                return Err(format!("axis {} carries the batch in one of {first} and {a} only", self.axis));
            }
            dim.n = dim.n.checked_add(d.n).ok_or("the axis grows too long")?;
        }
        Ok(Ty { dtype: first.dtype, shape: with_axis(&first.shape, self.axis, dim) })
    }
    fn passes(&self, _i: usize) -> bool {
        true
    }
    fn adjoint<'g>(&self, i: usize, args: &[Ex<'g>], y: Ex<'g>, d: Ex<'g>) -> Ex<'g> {
        let axis = |x: Ex<'g>| sure(axis_of(&x.shape(), self.axis));
        // An axis of nB elements is [n, B] row-major, and its parts are slices of n.
        let parted = if axis(y).batch {
            let mut parts = with_axis(&y.shape(), self.axis, Dim::fixed(axis(y).n));
            parts.0.insert(self.axis + 1, Dim::BATCH);
            d.reshape(parts)
        } else {
            d
        };
        let start = args.iter().take(i).map(|&x| axis(x).n).sum();
        let x = sure(args.get(i).copied().ok_or_else(|| format!("there is no argument {i}")));
        parted.slice(self.axis, start, axis(x).n).reshape(x.shape())
    }
    fn simpler(&self, _r: &mut Rewriter, args: &[Value], _ty: &Ty) -> Option<Value> {
        if let [x] = args { Some(*x) } else { None }
    }
    fn places(&self, args: &[&Dep], tys: &[&Ty], out: &Ty) -> Option<Places> {
        shared(args, tys, out).filter(|p| p.iter().all(|(axis, _)| *axis != self.axis))
    }
    fn eval(&self, args: &[&Tensor64], _env: &Env) -> Result<Tensor64, String> {
        let first = args.first().ok_or("takes at least one argument")?;
        let (outer, _, _) = first.split(self.axis)?;
        let mut total = 0;
        for a in args {
            total += a.split(self.axis)?.1;
        }
        let mut data = Vec::new();
        for o in 0..outer {
            for a in args {
                let (_, n, inner) = a.split(self.axis)?;
                data.extend_from_slice(&a[o * n * inner..(o + 1) * n * inner]);
            }
        }
        Tensor64::new(&first.resized(self.axis, total), data)
    }
}
