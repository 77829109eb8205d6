//! Rules for elementwise ops and reductions.

use super::Rewriter;
use crate::ir::graph::Value;
use crate::ir::op::*;
use crate::ir::shape::{DType, Dim, Shape, Ty};

impl Rewriter {
    /// Elementwise ops broadcast by themselves: a broadcast argument is replaced by what it repeats where the result keeps
    /// its shape, and a map of a broadcast is the broadcast of the map.
    pub(super) fn lift_broadcast(&mut self, op: &Op, args: &[Value], ty: &Ty) -> Option<Value> {
        op.rule().elementwise()?;
        if let [x] = args {
            let y = self.as_broadcast(*x)?;
            let inner = self.emit(op.clone(), &[y]);
            return Some(self.shaped(inner, &ty.shape));
        }
        for (i, &a) in args.iter().enumerate() {
            let full = self.out.constant(a).filter(|_| self.out.rank(a) > 0);
            let small = match (self.as_broadcast(a), full) {
                (Some(y), _) => y,
                (None, Some(c)) => {
                    let dtype = self.out.ty(a).dtype;
                    self.konst(c, dtype, Shape::scalar())
                }
                (None, None) => continue,
            };
            let replaced: Vec<Value> =
                args.iter().enumerate().map(|(k, &v)| if k == i { small } else { v }).collect();
            let tys: Vec<&Ty> = replaced.iter().map(|v| self.out.ty(*v)).collect();
            if op.rule().infer(&tys).is_ok_and(|t| t == *ty) {
                return Some(self.emit(op.clone(), &replaced));
            }
        }
        None
    }

    /// Ops that are linear in an argument that is zero.
    pub(super) fn zero(&mut self, op: &Op, args: &[Value], ty: &Ty) -> Option<Value> {
        let zero = |a: &Value| self.out.constant(*a) == Some(0.0);
        let is_zero = args.iter().enumerate().any(|(i, a)| op.rule().linear_in(i) && zero(a));
        is_zero.then(|| self.konst(0.0, ty.dtype, ty.shape.clone()))
    }

    pub(in crate::ir) fn unary(&mut self, op: Unary, x: Value) -> Option<Value> {
        match op {
            Unary::Neg => {
                if let Some(y) = self.as_unary(Unary::Neg, x) {
                    return Some(y);
                }
                if let Some((a, b)) = self.as_binary(Binary::Sub, x) {
                    return Some(self.bin(Binary::Sub, b, a));
                }
                let (y, c) = self.as_binary(Binary::Mul, x)?;
                let c = self.out.constant(c)?;
                Some(self.times(y, -c))
            }
            Unary::Square => {
                let y = self.as_unary(Unary::Neg, x).or_else(|| self.as_unary(Unary::Abs, x))?;
                Some(self.un(Unary::Square, y))
            }
            Unary::Sqrt => {
                let y = self.as_unary(Unary::Square, x)?;
                Some(self.un(Unary::Abs, y))
            }
            Unary::Abs => {
                if let Some(y) = self.as_unary(Unary::Neg, x) {
                    return Some(self.un(Unary::Abs, y));
                }
                let positive = [
                    Unary::Abs,
                    Unary::Square,
                    Unary::Exp,
                    Unary::Sqrt,
                    Unary::Relu,
                    Unary::Sigmoid,
                    Unary::Softplus,
                ];
                positive.iter().any(|&p| self.as_unary(p, x).is_some()).then_some(x)
            }
            Unary::Recip => self.as_unary(Unary::Recip, x),
            Unary::Log => self.as_unary(Unary::Exp, x),
            Unary::Relu => self.as_unary(Unary::Relu, x).map(|_| x),
            Unary::Floor => self.as_unary(Unary::Floor, x).map(|_| x),
            Unary::Exp
            | Unary::Log1p
            | Unary::Expm1
            | Unary::Sign
            | Unary::Step
            | Unary::Tanh
            | Unary::Sigmoid
            | Unary::Softplus
            | Unary::Sin
            | Unary::Cos
            | Unary::Erf
            | Unary::Lgamma
            | Unary::Digamma
            | Unary::Trigamma => None,
        }
    }

    pub(in crate::ir) fn binary(&mut self, op: Binary, a: Value, b: Value, ty: &Ty) -> Option<Value> {
        let (ca, cb) = (self.out.constant(a), self.out.constant(b));
        // One order for what commutes: constants last, then earlier values first.
        if matches!(op, Binary::Add | Binary::Mul) && cb.is_none() && (ca.is_some() || b < a) {
            return Some(self.bin(op, b, a));
        }
        let simple = match op {
            Binary::Add => self.sum(a, b, cb),
            Binary::Sub => self.difference(a, b, ca, cb),
            Binary::Mul => self.product(a, b, cb),
            Binary::Div => self.quotient(a, b, ca, cb),
            Binary::Pow => match cb {
                Some(0.0) => Some(self.scalar(1.0)),
                Some(0.5) => Some(self.un(Unary::Sqrt, a)),
                Some(1.0) => Some(a),
                Some(2.0) => Some(self.un(Unary::Square, a)),
                Some(-1.0) => Some(self.un(Unary::Recip, a)),
                Some(_) | None => None,
            },
            Binary::Max | Binary::Min => (a == b).then_some(a),
        };
        simple.map(|v| self.shaped(v, &ty.shape))
    }

    fn sum(&mut self, a: Value, b: Value, cb: Option<f64>) -> Option<Value> {
        if cb == Some(0.0) {
            return Some(a);
        }
        if a == b {
            return Some(self.times(a, 2.0));
        }
        if let Some(n) = self.as_unary(Unary::Neg, b) {
            return Some(self.bin(Binary::Sub, a, n));
        }
        let n = self.as_unary(Unary::Neg, a)?;
        Some(self.bin(Binary::Sub, b, n))
    }

    fn difference(&mut self, a: Value, b: Value, ca: Option<f64>, cb: Option<f64>) -> Option<Value> {
        if cb == Some(0.0) {
            return Some(a);
        }
        if ca == Some(0.0) {
            return Some(self.un(Unary::Neg, b));
        }
        if a == b {
            return Some(self.scalar(0.0));
        }
        let n = self.as_unary(Unary::Neg, b)?;
        Some(self.bin(Binary::Add, a, n))
    }

    fn product(&mut self, a: Value, b: Value, cb: Option<f64>) -> Option<Value> {
        if a == b {
            return Some(self.un(Unary::Square, a));
        }
        // Numbers are multiplied with each other before they meet a tensor.
        for (s, m) in [(a, b), (b, a)] {
            if self.out.rank(s) == 0
                && let Some((x, t)) = self.as_binary(Binary::Mul, m)
                && let Some((x, t)) =
                    [(x, t), (t, x)].into_iter().find(|p| self.out.rank(p.0) > 0 && self.out.rank(p.1) == 0)
            {
                let number = self.bin(Binary::Mul, s, t);
                return Some(self.bin(Binary::Mul, x, number));
            }
        }
        let Some(c) = cb else {
            let (na, nb) = (self.as_unary(Unary::Neg, a), self.as_unary(Unary::Neg, b));
            return match (na, nb) {
                (Some(x), Some(y)) => Some(self.bin(Binary::Mul, x, y)),
                (Some(_), None) | (None, Some(_)) | (None, None) => None,
            };
        };
        if c == 1.0 {
            return Some(a);
        }
        if c == -1.0 {
            return Some(self.un(Unary::Neg, a));
        }
        if let Some(x) = self.as_unary(Unary::Neg, a) {
            return Some(self.times(x, -c));
        }
        if let Some((x, c2)) = self.as_binary(Binary::Mul, a)
            && let Some(c2) = self.out.constant(c2)
            && (c * c2).is_normal()
        {
            return Some(self.times(x, c * c2));
        }
        if let Some((c2, x)) = self.as_binary(Binary::Div, a)
            && let Some(c2) = self.out.constant(c2)
            && (c * c2).is_normal()
        {
            let c = self.scalar(c * c2);
            return Some(self.bin(Binary::Div, c, x));
        }
        None
    }

    fn quotient(&mut self, a: Value, b: Value, ca: Option<f64>, cb: Option<f64>) -> Option<Value> {
        if let Some(c) = cb
            && (1.0 / c).is_normal()
        {
            return Some(self.times(a, 1.0 / c));
        }
        if ca == Some(1.0) {
            return Some(self.un(Unary::Recip, b));
        }
        let y = self.as_unary(Unary::Recip, b)?;
        Some(self.bin(Binary::Mul, a, y))
    }

    /// The product of matrices with one inner element.
    pub(in crate::ir) fn outer_product(&mut self, a: Value, b: Value, ty: &Ty) -> Option<Value> {
        let alone = self.out.ty(a).shape.0.last().is_some_and(|k| k.is_one());
        if !alone {
            return None;
        }
        let product = self.bin(Binary::Mul, a, b);
        Some(self.shaped(product, &ty.shape))
    }

    pub(in crate::ir) fn logic(&mut self, op: Logic, args: &[Value], ty: &Ty) -> Option<Value> {
        let simple = match (op, args) {
            (Logic::Not, [x]) => {
                let node = self.out.node(*x);
                if node.op == Op::Logic(Logic::Not) { node.args.first().copied() } else { None }
            }
            (Logic::And | Logic::Or, [a, b]) => {
                let neutral = if op == Logic::And { 1.0 } else { 0.0 };
                match (self.out.constant(*a), self.out.constant(*b)) {
                    (Some(c), _) => Some(if c == neutral { *b } else { *a }),
                    (_, Some(c)) => Some(if c == neutral { *a } else { *b }),
                    (None, None) => (a == b).then_some(*a),
                }
            }
            (Logic::Not | Logic::And | Logic::Or, _) => None,
        };
        simple.map(|v| self.shaped(v, &ty.shape))
    }

    pub(in crate::ir) fn select(&mut self, c: Value, a: Value, b: Value, ty: &Ty) -> Option<Value> {
        let chosen = match self.out.constant(c) {
            Some(0.0) => b,
            Some(_) => a,
            None if a == b => a,
            None => return None,
        };
        Some(self.shaped(chosen, &ty.shape))
    }

    pub(in crate::ir) fn cast(&mut self, to: DType, x: Value) -> Option<Value> {
        let node = self.out.node(x);
        if node.ty.dtype == to {
            return Some(x);
        }
        // B embeds in I embeds in F: a detour upwards loses nothing.
        let width = |d: DType| match d {
            DType::B => 0,
            DType::I => 1,
            DType::F => 2,
        };
        if let Op::Cast(_) = node.op
            && let Some(&y) = node.args.first()
            && width(self.out.ty(y).dtype) <= width(node.ty.dtype)
        {
            return Some(self.emit(Op::Cast(Cast { to }), &[y]));
        }
        None
    }

    pub(in crate::ir) fn reduce(&mut self, r: &Reduce, x: Value, ty: &Ty) -> Option<Value> {
        let shape = self.out.shape(x);
        let again = |me: &mut Self, v: Value, axes: Vec<usize>| {
            me.emit(Op::Reduce(Reduce { kind: r.kind, axes }), &[v])
        };
        let dim = |s: &Shape, a: usize| s.0.get(a).copied().unwrap_or(Dim::fixed(1));
        let axes: Vec<usize> = r.axes.iter().copied().filter(|&a| !dim(&shape, a).is_one()).collect();
        if axes.is_empty() {
            return Some(x);
        }
        if axes != r.axes {
            return Some(again(self, x, axes));
        }
        if let Some(c) = self.out.constant(x) {
            let one = self.scalar(c);
            return self.reduce_repeated(r.kind, one, &shape, &axes, ty);
        }
        if let Some(y) = self.as_broadcast(x) {
            let inner = self.out.shape(y);
            let repeated: Vec<usize> =
                axes.iter().copied().filter(|&a| inner.rank() == 0 || dim(&inner, a).is_one()).collect();
            if repeated.is_empty() {
                return None;
            }
            let rest: Vec<usize> = axes.iter().copied().filter(|a| !repeated.contains(a)).collect();
            let y = if rest.is_empty() { y } else { again(self, y, rest) };
            return self.reduce_repeated(r.kind, y, &shape, &repeated, ty);
        }
        let node = self.out.node(x).clone();
        if let (Op::Reduce(before), [y]) = (&node.op, node.args.as_slice())
            && before.kind == r.kind
        {
            let mut all = [before.axes.as_slice(), &axes].concat();
            all.sort_unstable();
            return Some(again(self, *y, all));
        }
        if r.kind == ReduceKind::Max {
            return None;
        }
        // Σ is linear.
        if let Some(y) = self.as_unary(Unary::Neg, x) {
            let s = again(self, y, axes);
            return Some(self.un(Unary::Neg, s));
        }
        for op in [Binary::Mul, Binary::Div] {
            let Some((a, b)) = self.as_binary(op, x) else { continue };
            let outside = |v: Value| axes.iter().all(|&i| dim(&self.out.ty(v).shape, i).is_one());
            let whole = |v: Value| axes.iter().all(|&i| self.out.ty(v).shape.0.get(i) == shape.0.get(i));
            if outside(b) && whole(a) {
                let s = again(self, a, axes);
                return Some(self.bin(op, s, b));
            }
            if op == Binary::Mul && outside(a) && whole(b) {
                let s = again(self, b, axes);
                return Some(self.bin(op, s, a));
            }
        }
        None
    }

    /// The reduction of a value that is repeated along `axes` of `shape`.
    fn reduce_repeated(
        &mut self,
        kind: ReduceKind,
        y: Value,
        shape: &Shape,
        axes: &[usize],
        ty: &Ty,
    ) -> Option<Value> {
        let v = match kind {
            ReduceKind::Sum => {
                let over = Shape(axes.iter().filter_map(|&a| shape.0.get(a).copied()).collect());
                let n = self.emit(Op::Count(Count { shape: over }), &[]);
                self.bin(Binary::Mul, y, n)
            }
            ReduceKind::Mean | ReduceKind::Max => y,
        };
        Some(self.shaped(v, &ty.shape))
    }
}
