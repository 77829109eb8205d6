//! The same elements in another arrangement.

use super::{OpRule, arg, axis_of, fixed_axis, one, unbroadcast, wanted, with_axis};
use crate::ir::graph::{Graph, Value};
use crate::ir::interp::Env;
use crate::ir::op::{Broadcast, Concat, Op, Pad, Permute, Reshape, Slice};
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
    fn passes(&self, _arg: usize) -> bool {
        true
    }
    fn grad(&self, g: &mut Graph, node: Value, out: Value, wants: &[bool]) -> Vec<Option<Value>> {
        let shape = g.shape(arg(g, node, 0));
        vec![wanted(wants, 0).then(|| unbroadcast(g, out, &shape))]
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
    fn passes(&self, _arg: usize) -> bool {
        true
    }
    fn grad(&self, g: &mut Graph, node: Value, out: Value, wants: &[bool]) -> Vec<Option<Value>> {
        let shape = g.shape(arg(g, node, 0));
        vec![wanted(wants, 0).then(|| g.reshape(out, shape))]
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
    fn passes(&self, _arg: usize) -> bool {
        true
    }
    fn grad(&self, g: &mut Graph, _node: Value, out: Value, wants: &[bool]) -> Vec<Option<Value>> {
        let mut inverse: Vec<usize> = (0..self.perm.len()).collect();
        inverse.sort_unstable_by_key(|&i| self.perm.get(i).copied());
        vec![wanted(wants, 0).then(|| g.permute(out, &inverse))]
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
    fn passes(&self, _arg: usize) -> bool {
        true
    }
    fn grad(&self, g: &mut Graph, node: Value, out: Value, wants: &[bool]) -> Vec<Option<Value>> {
        let n = fixed_axis(&g.shape(arg(g, node, 0)), self.axis).unwrap_or(0);
        vec![
            wanted(wants, 0)
                .then(|| g.pad(out, self.axis, self.start, n.saturating_sub(self.start + self.len))),
        ]
    }
    fn eval(&self, args: &[&Tensor64], _env: &Env) -> Result<Tensor64, String> {
        let x = one(args)?;
        let (outer, n, inner) = x.split(self.axis)?;
        let rows = (0..outer)
            .flat_map(|o| &x.data[(o * n + self.start) * inner..(o * n + self.start + self.len) * inner]);
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
    fn passes(&self, _arg: usize) -> bool {
        true
    }
    fn grad(&self, g: &mut Graph, node: Value, out: Value, wants: &[bool]) -> Vec<Option<Value>> {
        let n = fixed_axis(&g.shape(arg(g, node, 0)), self.axis).unwrap_or(0);
        vec![wanted(wants, 0).then(|| g.slice(out, self.axis, self.before, n))]
    }
    fn eval(&self, args: &[&Tensor64], _env: &Env) -> Result<Tensor64, String> {
        let x = one(args)?;
        let (outer, n, inner) = x.split(self.axis)?;
        let mut data = Vec::new();
        for o in 0..outer {
            data.resize(data.len() + self.before * inner, 0.0);
            data.extend_from_slice(&x.data[o * n * inner..(o + 1) * n * inner]);
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
    fn passes(&self, _arg: usize) -> bool {
        true
    }
    fn grad(&self, g: &mut Graph, node: Value, out: Value, wants: &[bool]) -> Vec<Option<Value>> {
        let whole = g.shape(node);
        let batch = axis_of(&whole, self.axis).is_ok_and(|d| d.batch);
        // An axis of nB elements is [n, B] row-major, and its parts are slices of n.
        let parted = if batch {
            let split =
                whole.0.iter().enumerate().flat_map(|(i, &d)| {
                    if i == self.axis { vec![Dim::fixed(d.n), Dim::BATCH] } else { vec![d] }
                });
            let shape = Shape(split.collect());
            if wants.contains(&true) { g.reshape(out, shape) } else { out }
        } else {
            out
        };
        let mut start = 0;
        let args = g.node(node).args.clone();
        let mut adjoints = Vec::with_capacity(args.len());
        for (i, &a) in args.iter().enumerate() {
            let shape = g.shape(a);
            let n = axis_of(&shape, self.axis).map_or(0, |d| d.n);
            adjoints.push(wanted(wants, i).then(|| {
                let part = g.push(Op::Slice(Slice { axis: self.axis, start, len: n }), &[parted]);
                g.reshape(part, shape)
            }));
            start += n;
        }
        adjoints
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
                data.extend_from_slice(&a.data[o * n * inner..(o + 1) * n * inner]);
            }
        }
        Tensor64::new(&first.resized(self.axis, total), data)
    }
}
