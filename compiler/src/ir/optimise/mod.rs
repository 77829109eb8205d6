//! Simplification: algebra, constants, common subexpressions, dead code; in the bodies of loops, too, out of which goes what is the same
//! in every iteration.
//!
//! Run it after differentiation: it removes `Detach`, which is the identity once no derivative is left to take. Values agree
//! with those of the unoptimised graph to rounding, save that `0 · x` is 0 also for an infinite x. Output names and types
//! stay; inputs that nothing needs disappear.

mod algebra;
mod fold;
mod layout;
mod loops;
mod wide;

use super::graph::{Graph, Node, Value};
use super::op::*;
use super::shape::{DType, Shape, Ty};
use super::value_map::ValueMap;
use std::collections::HashMap;

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

/// The values that the outputs need.
fn live(g: &Graph) -> ValueMap<bool> {
    let mut live = ValueMap::new(g, false);
    g.outputs.iter().for_each(|(_, v)| live[*v] = true);
    for (v, node) in g.iter().rev() {
        if live[v] {
            node.args.iter().for_each(|a| live[*a] = true);
        }
    }
    live
}

/// How often each value is read, by nodes and as an output.
fn uses(g: &Graph) -> ValueMap<usize> {
    let mut uses = ValueMap::new(g, 0);
    let read = g.nodes.iter().flat_map(|n| &n.args).chain(g.outputs.iter().map(|(_, v)| v));
    read.for_each(|v| uses[*v] += 1);
    uses
}

/// Dead code removed, nothing else changed.
pub fn sweep(g: &Graph) -> Graph {
    let live = live(g);
    let mut out = g.with(Vec::new(), Vec::new());
    let mut new = ValueMap::new(g, Value(0));
    for (v, node) in g.iter().filter(|(v, _)| live[*v]) {
        new[v] = Value(out.nodes.len() as u32);
        let args = node.args.iter().map(|a| new[*a]).collect();
        out.nodes.push(Node { args, ..node.clone() });
    }
    out.outputs = g.outputs.iter().map(|(name, v)| (name.clone(), new[*v])).collect();
    out
}

/// Every node emitted anew, simplified.
fn rewrite(g: &Graph) -> Graph {
    let mut r = Rewriter { out: Graph::new(g.name.clone()), known: HashMap::new() };
    let mut new = ValueMap::new(g, Value(0));
    let wanted = loops::wanted(g);
    let mut results: HashMap<Value, Vec<Option<Value>>> = HashMap::new();
    let uses = uses(g);
    for (v, node) in g.iter() {
        let args: Vec<Value> = node.args.iter().map(|a| new[*a]).collect();
        r.out.at = node.span;
        let known = |of: Option<&Value>, k: usize| results.get(of?)?.get(k).copied().flatten();
        new[v] = if let Op::Loop(l) = &node.op {
            let made = r.emit_loop(l, &args, wanted.get(&v).map_or(&[], Vec::as_slice));
            let first = made.first().copied().flatten();
            results.insert(v, made);
            // Where its own value is not wanted, nobody reads it.
            first.unwrap_or(Value(0))
        } else if let Op::LoopResult(op) = &node.op {
            known(node.args.first(), op.k).unwrap_or_else(|| r.emit(node.op.clone(), &args))
        } else if let (Op::Permute(p), [of]) = (&node.op, node.args.as_slice())
            && uses[*of] == 1
            && let Some(v) = r.turned(p, args.first().copied())
        {
            v
        } else {
            r.emit(node.op.clone(), &args)
        };
    }
    r.out.outputs = g.outputs.iter().map(|(name, v)| (name.clone(), new[*v])).collect();
    r.out
}

/// What decides quickly whether two nodes may be the same: token, arguments, and the bits of a number, the first of a table, or
/// the stream of a draw.
type Key = (&'static str, Vec<Value>, u64);

fn salt(op: &Op) -> u64 {
    if let Op::Full(f) = op {
        f.value.to_bits()
    } else if let Op::Literal(l) = op {
        l.data.iter().take(16).fold(l.data.len() as u64, |h, x| h.rotate_left(7) ^ x.to_bits())
    } else if let Op::Random(r) = op {
        u64::from(r.stream)
    } else if let Op::LoopResult(r) = op {
        r.k as u64
    } else {
        0
    }
}

/// Builds the new graph. Every rule in `algebra`, `layout` and `fold` is a method that answers the simpler value, or `None`; which
/// of them an op has is said by its [`OpRule::simpler`].
///
/// [`OpRule::simpler`]: super::ops::OpRule::simpler
pub struct Rewriter {
    out: Graph,
    /// Emitted nodes by key.
    known: HashMap<Key, Vec<Value>>,
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
        let known = self.known.entry((op.rule().name(), args.to_vec(), salt(&op))).or_default();
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
