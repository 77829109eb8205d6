//! Simplification: algebra, constants, common subexpressions, dead code.
//!
//! Run it after differentiation: it removes `Detach`, which is the identity once no derivative is left to take. Values agree
//! with those of the unoptimised graph to rounding, save that `0 · x` is 0 also for an infinite x. Output names and types
//! stay; inputs that nothing needs disappear.

mod algebra;
mod fold;
mod layout;

use super::graph::{Graph, Value};
use super::op::*;
use super::shape::{DType, Shape, Ty};
use std::collections::BTreeMap;

/// Rewriting runs again while it changes something, at most this often.
const ROUNDS: usize = 4;

/// The simplified graph.
pub fn optimise(g: &Graph) -> Graph {
    let mut now = sweep(g);
    for _ in 0..ROUNDS {
        let next = sweep(&rewrite(&now));
        if next == now {
            break;
        }
        now = next;
    }
    now.next_stream = g.next_stream;
    now
}

/// The nodes that the outputs need.
fn live(g: &Graph) -> Vec<bool> {
    let mut live = vec![false; g.nodes.len()];
    let mark = |live: &mut Vec<bool>, v: Value| {
        if let Some(l) = live.get_mut(v.0 as usize) {
            *l = true;
        }
    };
    for (_, v) in &g.outputs {
        mark(&mut live, *v);
    }
    for (i, node) in g.nodes.iter().enumerate().rev() {
        if live.get(i).copied().unwrap_or(false) {
            node.args.iter().for_each(|a| mark(&mut live, *a));
        }
    }
    live
}

/// Dead code removed, nothing else changed.
fn sweep(g: &Graph) -> Graph {
    let mut out = g.with(Vec::new(), Vec::new());
    let mut new = vec![Value(0); g.nodes.len()];
    let renamed = |new: &[Value], v: Value| new.get(v.0 as usize).copied().unwrap_or(v);
    for (i, (node, live)) in g.nodes.iter().zip(live(g)).enumerate() {
        if live {
            let mut node = node.clone();
            node.args.iter_mut().for_each(|a| *a = renamed(&new, *a));
            if let Some(slot) = new.get_mut(i) {
                *slot = Value(out.nodes.len() as u32);
            }
            out.nodes.push(node);
        }
    }
    out.outputs = g.outputs.iter().map(|(name, v)| (name.clone(), renamed(&new, *v))).collect();
    out
}

/// Every node emitted anew, simplified.
fn rewrite(g: &Graph) -> Graph {
    let mut r = Rewriter { out: Graph::new(g.name.clone()), known: BTreeMap::new() };
    let mut new: Vec<Value> = Vec::with_capacity(g.nodes.len());
    let renamed = |new: &[Value], v: Value| new.get(v.0 as usize).copied().unwrap_or(v);
    for node in &g.nodes {
        let args: Vec<Value> = node.args.iter().map(|a| renamed(&new, *a)).collect();
        r.out.at = node.span;
        new.push(r.emit(node.op.clone(), &args));
    }
    r.out.outputs = g.outputs.iter().map(|(name, v)| (name.clone(), renamed(&new, *v))).collect();
    r.out
}

/// What decides quickly whether two nodes may be the same: token, arguments, and the bits of a constant.
type Key = (&'static str, Vec<Value>, u64);

/// Builds the new graph. Every rule in `algebra`, `layout` and `fold` is a method that answers the simpler value, or `None`; which
/// of them an op has is said by its [`OpRule::simpler`].
///
/// [`OpRule::simpler`]: super::ops::OpRule::simpler
pub struct Rewriter {
    out: Graph,
    /// Emitted nodes by key.
    known: BTreeMap<Key, Vec<Value>>,
}

impl Rewriter {
    /// The simplest value equal to `op` of `args`.
    fn emit(&mut self, op: Op, args: &[Value]) -> Value {
        let tys: Vec<&Ty> = args.iter().map(|a| self.out.ty(*a)).collect();
        // Where the types do not fit, `push` says so.
        let Ok(ty) = op.rule().infer(&tys) else { return self.out.push(op, args) };
        if let Some(v) = self.simpler(&op, args, &ty) {
            debug_assert_eq!(*self.out.ty(v), ty, "{op:?} simplified to another type");
            if *self.out.ty(v) == ty {
                return v;
            }
        }
        let salt = if let Op::Full(f) = &op { f.value.to_bits() } else { 0 };
        let known = self.known.entry((op.rule().name(), args.to_vec(), salt)).or_default();
        if let Some(v) = known.iter().find(|v| self.out.node(**v).op == op) {
            return *v;
        }
        let v = self.out.push(op, args);
        known.push(v);
        v
    }

    fn simpler(&mut self, op: &Op, args: &[Value], ty: &Ty) -> Option<Value> {
        self.fold(op, args, ty)
            .or_else(|| self.lift_broadcast(op, args, ty))
            .or_else(|| self.zero(op, args, ty))
            .or_else(|| op.rule().simpler(self, args, ty))
    }

    // What the rules are written with.

    /// The argument of a unary node of this kind.
    fn as_unary(&self, op: Unary, v: Value) -> Option<Value> {
        let node = self.out.node(v);
        if node.op == Op::Unary(op) { node.args.first().copied() } else { None }
    }
    /// The arguments of a binary node of this kind.
    fn as_binary(&self, op: Binary, v: Value) -> Option<(Value, Value)> {
        let node = self.out.node(v);
        match node.args.as_slice() {
            [a, b] if node.op == Op::Binary(op) => Some((*a, *b)),
            _ => None,
        }
    }
    /// The argument of a broadcast.
    fn as_broadcast(&self, v: Value) -> Option<Value> {
        let node = self.out.node(v);
        if let Op::Broadcast(_) = node.op { node.args.first().copied() } else { None }
    }
    fn konst(&mut self, value: f64, dtype: DType, shape: Shape) -> Value {
        self.emit(Op::Full(Full { value, dtype, shape }), &[])
    }
    fn scalar(&mut self, value: f64) -> Value {
        self.konst(value, DType::F, Shape::scalar())
    }
    fn un(&mut self, op: Unary, x: Value) -> Value {
        self.emit(Op::Unary(op), &[x])
    }
    fn bin(&mut self, op: Binary, a: Value, b: Value) -> Value {
        self.emit(Op::Binary(op), &[a, b])
    }
    fn times(&mut self, a: Value, c: f64) -> Value {
        let c = self.scalar(c);
        self.bin(Binary::Mul, a, c)
    }
    /// The value, broadcast where its shape is smaller.
    fn shaped(&mut self, v: Value, shape: &Shape) -> Value {
        if self.out.ty(v).shape == *shape {
            v
        } else {
            self.emit(Op::Broadcast(Broadcast { shape: shape.clone() }), &[v])
        }
    }
}
