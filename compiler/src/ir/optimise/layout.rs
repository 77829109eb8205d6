//! Rules for ops that only move elements.

use super::Rewriter;
use crate::ir::graph::Value;
use crate::ir::op::*;
use crate::ir::shape::Ty;

/// Whether the numbers are `first, first + 1, ..`; the first of them.
fn run(indices: &[usize]) -> Option<usize> {
    let (&first, rest) = indices.split_first()?;
    rest.iter().enumerate().all(|(k, &i)| i == first + k + 1).then_some(first)
}

impl Rewriter {
    fn size(&self, x: Value, axis: usize) -> usize {
        self.out.ty(x).shape.0.get(axis).map_or(0, |d| d.n)
    }

    pub(in crate::ir) fn broadcast(&mut self, x: Value, ty: &Ty) -> Option<Value> {
        if *self.out.ty(x) == *ty {
            return Some(x);
        }
        let again = Op::Broadcast(Broadcast { shape: ty.shape.clone() });
        if let Some(y) = self.as_broadcast(x) {
            return Some(self.emit(again, &[y]));
        }
        // One element under many axes is best repeated from rank 0.
        let node = self.out.node(x);
        if let (Op::Reshape(_), [y]) = (&node.op, node.args.as_slice())
            && self.out.rank(*y) == 0
        {
            return Some(self.emit(again, &[*y]));
        }
        None
    }

    /// A number repeated is the same in any arrangement.
    fn repeated_number(&mut self, x: Value, ty: &Ty) -> Option<Value> {
        let y = self.as_broadcast(x).filter(|y| self.out.rank(*y) == 0)?;
        Some(self.shaped(y, &ty.shape))
    }

    pub(in crate::ir) fn reshape(&mut self, x: Value, ty: &Ty) -> Option<Value> {
        if *self.out.ty(x) == *ty {
            return Some(x);
        }
        if let Some(v) = self.repeated_number(x, ty) {
            return Some(v);
        }
        let node = self.out.node(x);
        if let (Op::Reshape(_), [y]) = (&node.op, node.args.as_slice()) {
            return Some(self.emit(Op::Reshape(Reshape { shape: ty.shape.clone() }), &[*y]));
        }
        None
    }

    pub(in crate::ir) fn permute(&mut self, p: &Permute, x: Value, ty: &Ty) -> Option<Value> {
        if p.perm.iter().copied().eq(0..p.perm.len()) {
            return Some(x);
        }
        if let Some(v) = self.repeated_number(x, ty) {
            return Some(v);
        }
        let node = self.out.node(x);
        if let (Op::Permute(before), [y]) = (&node.op, node.args.as_slice()) {
            let perm: Option<Vec<usize>> = p.perm.iter().map(|&i| before.perm.get(i).copied()).collect();
            return Some(self.emit(Op::Permute(Permute { perm: perm? }), &[*y]));
        }
        None
    }

    /// A product that is turned over, one of whose factors is: `(A' B)' = B' A`. A factor is read as it lies, while a result that is
    /// turned over has to be laid out anew.
    pub(super) fn turned(&mut self, p: &Permute, product: Option<Value>) -> Option<Value> {
        let swaps = |p: &Permute| {
            let n = p.perm.len();
            n >= 2 && p.perm.iter().copied().eq((0..n - 2).chain([n - 1, n - 2]))
        };
        let node = self.out.node(product?).clone();
        let (Op::MatMul(_), [a, b]) = (&node.op, node.args.as_slice()) else { return None };
        let lies = |v: &Value| matches!(&self.out.node(*v).op, Op::Permute(q) if swaps(q));
        if !swaps(p) || !(lies(a) || lies(b)) {
            return None;
        }
        let [a, b] = [*a, *b].map(|v| self.emit(Op::Permute(p.clone()), &[v]));
        Some(self.emit(node.op, &[b, a]))
    }

    pub(in crate::ir) fn slice(&mut self, s: Slice, x: Value, ty: &Ty) -> Option<Value> {
        if s.start == 0 && s.len == self.size(x, s.axis) {
            return Some(x);
        }
        if let Some(v) = self.repeated_number(x, ty) {
            return Some(v);
        }
        let node = self.out.node(x).clone();
        if let (Op::Slice(before), [y]) = (&node.op, node.args.as_slice())
            && before.axis == s.axis
        {
            return Some(self.emit(Op::Slice(Slice { start: before.start + s.start, ..s }), &[*y]));
        }
        // A part of what is the same along the axis.
        if let (Op::Broadcast(_), [y]) = (&node.op, node.args.as_slice())
            && self.out.rank(*y) == ty.shape.rank()
            && self.size(*y, s.axis) == 1
        {
            return Some(self.emit(Op::Broadcast(Broadcast { shape: ty.shape.clone() }), &[*y]));
        }
        if let (Op::Pad(pad), [y]) = (&node.op, node.args.as_slice())
            && pad.axis == s.axis
        {
            let start = s.start.checked_sub(pad.before)?;
            return (start + s.len <= self.size(*y, s.axis))
                .then(|| self.emit(Op::Slice(Slice { start, ..s }), &[*y]));
        }
        if let Op::Concat(c) = &node.op
            && c.axis == s.axis
        {
            let mut from = 0;
            for &part in &node.args {
                let n = self.size(part, s.axis);
                if s.start >= from && s.start + s.len <= from + n {
                    return Some(self.emit(Op::Slice(Slice { start: s.start - from, ..s }), &[part]));
                }
                from += n;
            }
        }
        None
    }

    /// A part that is everything is no part.
    pub(in crate::ir) fn dyn_slice(&mut self, s: &DynSlice, x: Value, ty: &Ty) -> Option<Value> {
        if *self.out.ty(x) == *ty {
            return Some(x);
        }
        if let Some(v) = self.repeated_number(x, ty) {
            return Some(v);
        }
        // What was just written there.
        let node = self.out.node(x);
        if let (Op::DynUpdate(u), [_, y]) = (&node.op, node.args.as_slice())
            && u.axes == s.axes
            && u.at == s.at
            && *self.out.ty(*y) == *ty
        {
            return Some(*y);
        }
        None
    }

    pub(in crate::ir) fn dyn_update(&mut self, u: &DynUpdate, x: Value, y: Value) -> Option<Value> {
        if self.out.ty(y) == self.out.ty(x) {
            return Some(y);
        }
        // What is written over at once need not be written.
        let node = self.out.node(x);
        if let (Op::DynUpdate(before), [x, z]) = (&node.op, node.args.as_slice())
            && before == u
            && self.out.ty(*z) == self.out.ty(y)
        {
            let x = *x;
            return Some(self.emit(Op::DynUpdate(u.clone()), &[x, y]));
        }
        None
    }

    pub(in crate::ir) fn pad(&mut self, p: Pad, x: Value) -> Option<Value> {
        if p.before == 0 && p.after == 0 {
            return Some(x);
        }
        let node = self.out.node(x);
        if let (Op::Pad(inner), [y]) = (&node.op, node.args.as_slice())
            && inner.axis == p.axis
        {
            let both = Pad { before: p.before + inner.before, after: p.after + inner.after, ..p };
            return Some(self.emit(Op::Pad(both), &[*y]));
        }
        None
    }

    pub(in crate::ir) fn take(&mut self, t: &Take, x: Value, ty: &Ty) -> Option<Value> {
        if let Some(start) = run(&t.indices) {
            return Some(self.emit(Op::Slice(Slice { axis: t.axis, start, len: t.indices.len() }), &[x]));
        }
        if let Some(v) = self.repeated_number(x, ty) {
            return Some(v);
        }
        let node = self.out.node(x);
        if let (Op::Take(before), [y]) = (&node.op, node.args.as_slice())
            && before.axis == t.axis
        {
            let indices: Option<Vec<usize>> =
                t.indices.iter().map(|&i| before.indices.get(i).copied()).collect();
            return Some(self.emit(Op::Take(Take { axis: t.axis, indices: indices? }), &[*y]));
        }
        None
    }

    pub(in crate::ir) fn put(&mut self, p: &Put, x: Value) -> Option<Value> {
        let before = run(&p.indices)?;
        let after = p.size.checked_sub(before + p.indices.len())?;
        Some(self.emit(Op::Pad(Pad { axis: p.axis, before, after }), &[x]))
    }
}
