//! The graph: nodes in definition order, named outputs, and the builder methods that the rest of the compiler writes with.
//!
//! Invariants (checked by `verify`, numbered there): every argument is defined before use; every node's type is what its
//! op's rule infers; input names are unique; output names are unique.

use super::op::*;
use super::ops::{Local, stack_name};
use super::shape::{DType, Dim, Shape, Ty};
use crate::span::Span;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A handle into [`Graph::nodes`]; prints as `%3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Value(pub u32);

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{}", self.0)
    }
}

/// One operation applied to earlier values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// What is computed.
    pub op: Op,
    /// From what, all defined before.
    pub args: Vec<Value>,
    /// dtype and shape of the result.
    pub ty: Ty,
    /// The piece of the spec that caused it.
    pub span: Span,
}

/// How a loop runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turns {
    /// How many positions.
    pub count: usize,
    /// The first position of which there is an iteration.
    pub first: usize,
    /// Whether the positions run from the last to the first.
    pub reverse: bool,
}

/// What one iteration of a loop makes; of all iterations, what came last and what was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<T> {
    /// The carried values.
    pub carried: Vec<T>,
    /// Values that are kept for each position, `[count, ..]` in the end.
    pub stacked: Vec<T>,
}

/// A straight-line tensor program.
///
/// Two graphs are equal when name, nodes and outputs are; the builder's state (`at`, `next_stream`) is not compared.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Graph {
    /// `step.all`, `sample.p`, ..: also salts the random streams.
    pub name: String,
    /// In definition order.
    pub nodes: Vec<Node>,
    /// Named results: `loss`, `param:decode.0.weight` (the updated value), ..
    pub outputs: Vec<(String, Value)>,
    /// Span given to nodes that the builder methods push.
    #[serde(skip)]
    pub at: Span,
    /// Next unused random stream.
    #[serde(skip)]
    pub next_stream: u32,
    /// Inputs by name, among the first `indexed` nodes.
    #[serde(skip)]
    inputs: BTreeMap<String, Value>,
    #[serde(skip)]
    indexed: usize,
}

impl PartialEq for Graph {
    fn eq(&self, other: &Graph) -> bool {
        self.name == other.name && self.nodes == other.nodes && self.outputs == other.outputs
    }
}

impl Graph {
    /// An empty graph.
    pub fn new(name: impl Into<String>) -> Graph {
        Graph { name: name.into(), ..Graph::default() }
    }
    /// A graph of the same name with other nodes and outputs.
    pub fn with(&self, nodes: Vec<Node>, outputs: Vec<(String, Value)>) -> Graph {
        Graph { name: self.name.clone(), nodes, outputs, next_stream: self.next_stream, ..Graph::default() }
    }
    /// The values with their nodes, in definition order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Value, &Node)> + ExactSizeIterator {
        self.nodes.iter().enumerate().map(|(i, node)| (Value(i as u32), node))
    }
    /// The node behind a handle.
    #[expect(clippy::indexing_slicing, reason = "a Value is only ever made by this graph's push")]
    pub fn node(&self, v: Value) -> &Node {
        &self.nodes[v.0 as usize]
    }
    /// Type of a value.
    pub fn ty(&self, v: Value) -> &Ty {
        &self.node(v).ty
    }
    /// Shape of a value.
    pub fn shape(&self, v: Value) -> Shape {
        self.ty(v).shape.clone()
    }
    /// Number of axes of a value.
    pub fn rank(&self, v: Value) -> usize {
        self.ty(v).shape.rank()
    }
    /// The number that every element of a value is, when that is known.
    pub fn constant(&self, v: Value) -> Option<f64> {
        if let Op::Full(f) = &self.node(v).op { Some(f.value) } else { None }
    }
    /// Names a result.
    pub fn output(&mut self, name: impl Into<String>, v: Value) {
        self.outputs.push((name.into(), v));
    }
    /// Appends a node; its type is what the op's rule infers.
    ///
    /// # Panics
    /// When the op's rule rejects the argument types: the checker let a wrong model through, which is a bug of the compiler.
    pub fn push(&mut self, op: Op, args: &[Value]) -> Value {
        let tys: Vec<&Ty> = args.iter().map(|a| self.ty(*a)).collect();
        let ty = match op.rule().infer(&tys) {
            Ok(ty) => ty,
            Err(why) => {
                let shapes: Vec<String> = tys.iter().map(|t| t.to_string()).collect();
                panic!("internal: graph `{}`: {op:?} of ({}): {why}", self.name, shapes.join(", "))
            }
        };
        self.nodes.push(Node { op, args: args.to_vec(), ty, span: self.at });
        Value(self.nodes.len() as u32 - 1)
    }

    // Leaves.

    /// The input of this name; made on first use, the same value afterwards.
    pub fn input(&mut self, name: &str, role: Role, shape: Shape) -> Value {
        for (i, n) in self.nodes.iter().enumerate().skip(self.indexed) {
            if let Op::Input(input) = &n.op {
                self.inputs.insert(input.name.clone(), Value(i as u32));
            }
        }
        self.indexed = self.nodes.len();
        match self.inputs.get(name) {
            Some(v) => *v,
            None => self.push(Op::Input(Input { name: name.into(), role, dtype: DType::F, shape }), &[]),
        }
    }
    /// A rank-0 constant.
    pub fn scalar(&mut self, value: f64) -> Value {
        self.full(value, Shape::scalar())
    }
    /// A tensor with every element `value`.
    pub fn full(&mut self, value: f64, shape: Shape) -> Value {
        self.push(Op::Full(Full { value, dtype: DType::F, shape }), &[])
    }
    /// A literal tensor, row-major.
    pub fn literal(&mut self, data: Vec<f64>, dims: &[usize]) -> Value {
        self.push(Op::Literal(Literal { data, dtype: DType::F, shape: Shape::fixed(dims) }), &[])
    }
    /// `0, 1, ..` along `axis`, dtype `I`.
    pub fn iota(&mut self, shape: Shape, axis: usize) -> Value {
        self.push(Op::Iota(Iota { shape, axis }), &[])
    }
    /// Fresh random draws.
    pub fn random(&mut self, kind: RandomKind, shape: Shape) -> Value {
        let stream = self.next_stream;
        self.next_stream += 1;
        self.push(Op::Random(Random { kind, shape, stream }), &[])
    }

    // Loops.

    /// The value `carry.0` after `count` iterations of a [`Loop`]. `body` writes one iteration into a graph of its own: it gets handles of
    /// the carried values, of those that are only read, and of the iteration's number (from 0, rank-0 `F`), and returns the new carried
    /// values, of the types of the old ones. Parameters, states and other inputs that it makes in its graph become arguments of the loop:
    /// they are read from the inputs of their names in this graph. Its draws are other ones in each iteration.
    ///
    /// # Panics
    /// When the body does not make what it was given to carry, which is a bug of the caller.
    pub fn loop_over(
        &mut self,
        count: usize,
        carried: &[Value],
        read: &[Value],
        body: impl FnOnce(&mut Graph, &[Value], &[Value], Value) -> Vec<Value>,
    ) -> Value {
        let next = |g: &mut Graph, carried: &[Value], read: &[Value], p| Step {
            carried: body(g, carried, read, p),
            stacked: Vec::new(),
        };
        let turns = Turns { count, first: 0, reverse: false };
        let own = |g: &mut Graph, i: &Input| g.input(&i.name, i.role, i.shape.clone());
        let made = self.loop_with(turns, [carried, read], next, own).carried;
        match made.first() {
            Some(v) => *v,
            None => panic!("internal: graph `{}`: a loop carries nothing", self.name),
        }
    }

    /// As [`Graph::loop_over`], with values carried and read, and values that are kept for each position. What an input that the body made
    /// itself is in this graph, `outer` says.
    ///
    /// # Panics
    /// As there.
    pub fn loop_with(
        &mut self,
        turns: Turns,
        [carried, read]: [&[Value]; 2],
        body: impl FnOnce(&mut Graph, &[Value], &[Value], Value) -> Step<Value>,
        mut outer: impl FnMut(&mut Graph, &Input) -> Value,
    ) -> Step<Value> {
        let mut g = Graph { at: self.at, next_stream: self.next_stream, ..Graph::default() };
        let mut local = |local: Local, ty: &Ty| {
            let (dtype, shape) = (ty.dtype, ty.shape.clone());
            g.push(Op::Input(Input { name: local.to_string(), role: Role::Local, dtype, shape }), &[])
        };
        let carries: Vec<Value> =
            carried.iter().enumerate().map(|(k, v)| local(Local::Carry(k), self.ty(*v))).collect();
        let reads: Vec<Value> =
            read.iter().enumerate().map(|(k, v)| local(Local::Read(k), self.ty(*v))).collect();
        let position = local(Local::Position, &Ty::f(Shape::scalar()));
        let step = body(&mut g, &carries, &reads, position);
        for (k, v) in step.carried.iter().enumerate() {
            g.output(Local::Carry(k).to_string(), *v);
        }
        for (k, v) in step.stacked.iter().enumerate() {
            g.output(stack_name(k), *v);
        }
        self.next_stream = g.next_stream;
        let mut args = [carried, read].concat();
        for node in &mut g.nodes {
            if let Op::Input(input) = &mut node.op
                && input.role != Role::Local
            {
                let read = Local::Read(args.len() - carried.len()).to_string();
                args.push(outer(self, input));
                *input = Input { name: read, role: Role::Local, ..input.clone() };
            }
        }
        // The body is looked up no more.
        let body = Box::new(Graph { nodes: g.nodes, outputs: g.outputs, ..Graph::default() });
        let Turns { count, first, reverse } = turns;
        let made = self.push(Op::Loop(Loop { body, count, first, carried: carried.len(), reverse }), &args);
        let all: Vec<Value> =
            (0..step.carried.len() + step.stacked.len()).map(|k| self.result(made, k)).collect();
        let (carried, stacked) = all.split_at(step.carried.len());
        Step { carried: carried.to_vec(), stacked: stacked.to_vec() }
    }
    /// What output `k` of the body of the loop `v` has come to: see [`LoopResult`].
    ///
    /// # Panics
    /// When `v` is no loop or its body has no such output, which is a bug of the caller.
    pub fn result(&mut self, v: Value, k: usize) -> Value {
        let ty = if let Op::Loop(l) = &self.node(v).op { l.result(k) } else { None };
        match ty {
            _ if k == 0 => v,
            Some(Ty { dtype, shape }) => self.push(Op::LoopResult(LoopResult { k, dtype, shape }), &[v]),
            None => panic!("internal: graph `{}`: {v} has no result {k}", self.name),
        }
    }
    /// The part of `x` at the place of the iteration: see [`DynSlice`].
    pub fn dyn_slice(&mut self, x: Value, axes: &[usize], lens: &[usize], at: &[At]) -> Value {
        let op = DynSlice { axes: axes.to_vec(), lens: lens.to_vec(), at: at.to_vec() };
        self.push(Op::DynSlice(op), &[x])
    }
    /// `x` with `y` at the place of the iteration: see [`DynUpdate`].
    pub fn dyn_update(&mut self, x: Value, y: Value, axes: &[usize], at: &[At]) -> Value {
        self.push(Op::DynUpdate(DynUpdate { axes: axes.to_vec(), at: at.to_vec() }), &[x, y])
    }
    /// One more than the last random stream of the graph and the bodies in it; 0 where nothing is drawn.
    pub fn streams(&self) -> u32 {
        let after = |node: &Node| {
            if let Op::Random(r) = &node.op {
                r.stream.saturating_add(1)
            } else if let Op::Loop(l) = &node.op {
                l.body.streams()
            } else {
                0
            }
        };
        self.nodes.iter().map(after).max().unwrap_or(0)
    }

    /// The number of elements of a shape, as a rank-0 `F`.
    pub fn count(&mut self, shape: Shape) -> Value {
        self.push(Op::Count(Count { shape }), &[])
    }

    // Elementwise.

    /// An elementwise function.
    pub fn unary(&mut self, op: Unary, x: Value) -> Value {
        self.push(Op::Unary(op), &[x])
    }
    /// An elementwise function of two arguments, broadcasting.
    pub fn binary(&mut self, op: Binary, a: Value, b: Value) -> Value {
        self.push(Op::Binary(op), &[a, b])
    }
    /// a + b
    pub fn add(&mut self, a: Value, b: Value) -> Value {
        self.binary(Binary::Add, a, b)
    }
    /// a - b
    pub fn sub(&mut self, a: Value, b: Value) -> Value {
        self.binary(Binary::Sub, a, b)
    }
    /// a b
    pub fn mul(&mut self, a: Value, b: Value) -> Value {
        self.binary(Binary::Mul, a, b)
    }
    /// a / b
    pub fn div(&mut self, a: Value, b: Value) -> Value {
        self.binary(Binary::Div, a, b)
    }
    /// a + c
    pub fn add_c(&mut self, a: Value, c: f64) -> Value {
        let c = self.scalar(c);
        self.add(a, c)
    }
    /// a c
    pub fn mul_c(&mut self, a: Value, c: f64) -> Value {
        let c = self.scalar(c);
        self.mul(a, c)
    }
    /// -x
    pub fn neg(&mut self, x: Value) -> Value {
        self.unary(Unary::Neg, x)
    }
    /// e^x
    pub fn exp(&mut self, x: Value) -> Value {
        self.unary(Unary::Exp, x)
    }
    /// ln x
    pub fn log(&mut self, x: Value) -> Value {
        self.unary(Unary::Log, x)
    }
    /// x^2
    pub fn square(&mut self, x: Value) -> Value {
        self.unary(Unary::Square, x)
    }
    /// sqrt x
    pub fn sqrt(&mut self, x: Value) -> Value {
        self.unary(Unary::Sqrt, x)
    }
    /// ln(1 + e^x)
    pub fn softplus(&mut self, x: Value) -> Value {
        self.unary(Unary::Softplus, x)
    }
    /// 1 / (1 + e^-x)
    pub fn sigmoid(&mut self, x: Value) -> Value {
        self.unary(Unary::Sigmoid, x)
    }
    /// A comparison, dtype `B`.
    pub fn compare(&mut self, op: Compare, a: Value, b: Value) -> Value {
        self.push(Op::Compare(op), &[a, b])
    }
    /// a where c, else b.
    pub fn select(&mut self, c: Value, a: Value, b: Value) -> Value {
        self.push(Op::Select(Select), &[c, a, b])
    }
    /// Another element type.
    pub fn cast(&mut self, x: Value, to: DType) -> Value {
        if self.ty(x).dtype == to { x } else { self.push(Op::Cast(Cast { to }), &[x]) }
    }
    /// The value, as a constant for every derivative.
    pub fn detach(&mut self, x: Value) -> Value {
        self.push(Op::Detach(Detach), &[x])
    }

    // Reductions.

    /// Reduction keeping the axes with size 1.
    pub fn reduce(&mut self, kind: ReduceKind, x: Value, axes: &[usize]) -> Value {
        if axes.is_empty() {
            return x;
        }
        self.push(Op::Reduce(Reduce { kind, axes: axes.to_vec() }), &[x])
    }
    /// Sum keeping the axes with size 1.
    pub fn sum(&mut self, x: Value, axes: &[usize]) -> Value {
        self.reduce(ReduceKind::Sum, x, axes)
    }
    /// Sum over all axes but the first: `[B, ..] -> [B]`.
    pub fn sum_event(&mut self, x: Value) -> Value {
        let shape = self.shape(x);
        let axes: Vec<usize> = (1..shape.rank()).collect();
        let s = self.sum(x, &axes);
        let keep = Shape(shape.0.into_iter().take(1).collect());
        self.reshape(s, keep)
    }
    /// Mean over every axis, rank 0.
    pub fn mean_all(&mut self, x: Value) -> Value {
        let axes: Vec<usize> = (0..self.rank(x)).collect();
        let s = self.reduce(ReduceKind::Mean, x, &axes);
        self.reshape(s, Shape::scalar())
    }
    /// Sum over every axis, rank 0.
    pub fn sum_all(&mut self, x: Value) -> Value {
        let axes: Vec<usize> = (0..self.rank(x)).collect();
        let s = self.sum(x, &axes);
        self.reshape(s, Shape::scalar())
    }
    /// ln Σ e^x over one axis, which stays with size 1; stable.
    pub fn logsumexp(&mut self, x: Value, axis: usize) -> Value {
        let m = self.reduce(ReduceKind::Max, x, &[axis]);
        let m = self.detach(m);
        let d = self.sub(x, m);
        let e = self.exp(d);
        let s = self.sum(e, &[axis]);
        let l = self.log(s);
        self.add(l, m)
    }
    /// x - logsumexp(x) over one axis.
    pub fn log_softmax(&mut self, x: Value, axis: usize) -> Value {
        // Not less `logsumexp`: beside a large maximum the logarithm of the sum would be lost.
        let m = self.reduce(ReduceKind::Max, x, &[axis]);
        let m = self.detach(m);
        let d = self.sub(x, m);
        let e = self.exp(d);
        let s = self.sum(e, &[axis]);
        let l = self.log(s);
        self.sub(d, l)
    }

    // Linear algebra and convolution.

    /// Matrix product of the last two axes.
    pub fn matmul(&mut self, a: Value, b: Value) -> Value {
        self.push(Op::MatMul(MatMul), &[a, b])
    }

    /// Convolution of `[N, C, H, W]` with `[O, C/groups, kh, kw]`.
    pub fn conv2d(&mut self, x: Value, w: Value, geom: ConvGeom) -> Value {
        self.push(Op::Conv2d(Conv2d(geom)), &[x, w])
    }
    /// The transpose of [`Graph::conv2d`] in its input.
    pub fn conv_transpose2d(&mut self, y: Value, w: Value, geom: ConvGeom, out_pad: [usize; 2]) -> Value {
        self.push(Op::ConvTranspose2d(ConvTranspose2d { geom, out_pad }), &[y, w])
    }

    // Layout.

    /// The same elements under other axes (no node when nothing changes).
    pub fn reshape(&mut self, x: Value, shape: Shape) -> Value {
        if self.ty(x).shape == shape { x } else { self.push(Op::Reshape(Reshape { shape }), &[x]) }
    }
    /// Axes in another order.
    pub fn permute(&mut self, x: Value, perm: &[usize]) -> Value {
        self.push(Op::Permute(Permute { perm: perm.to_vec() }), &[x])
    }
    /// The last two axes swapped.
    pub fn transpose(&mut self, x: Value) -> Value {
        let r = self.rank(x);
        let mut perm: Vec<usize> = (0..r).collect();
        perm.swap(r - 1, r - 2);
        self.permute(x, &perm)
    }
    /// Axes of size 1 repeated up to `shape` (no node when nothing changes).
    pub fn broadcast(&mut self, x: Value, shape: Shape) -> Value {
        if self.ty(x).shape == shape { x } else { self.push(Op::Broadcast(Broadcast { shape }), &[x]) }
    }
    /// `len` elements from `start` along a fixed axis.
    pub fn slice(&mut self, x: Value, axis: usize, start: usize, len: usize) -> Value {
        self.push(Op::Slice(Slice { axis, start, len }), &[x])
    }
    /// Zeros before and after along a fixed axis.
    pub fn pad(&mut self, x: Value, axis: usize, before: usize, after: usize) -> Value {
        self.push(Op::Pad(Pad { axis, before, after }), &[x])
    }
    /// Values one after the other along `axis`.
    pub fn concat(&mut self, xs: &[Value], axis: usize) -> Value {
        match xs {
            [one] => *one,
            more => self.push(Op::Concat(Concat { axis }), more),
        }
    }
    /// Fixed rows along `axis`.
    pub fn take(&mut self, x: Value, axis: usize, indices: Vec<usize>) -> Value {
        self.push(Op::Take(Take { axis, indices }), &[x])
    }
    /// Rows added to zeros along `axis`: the transpose of [`Graph::take`].
    pub fn put(&mut self, x: Value, axis: usize, indices: Vec<usize>, size: usize) -> Value {
        self.push(Op::Put(Put { axis, indices, size }), &[x])
    }
    /// torch.gather.
    pub fn gather(&mut self, x: Value, index: Value, axis: usize) -> Value {
        self.push(Op::Gather(Gather { axis }), &[x, index])
    }

    /// Shape `[1, .., 1, event..]` view of a parameter of shape `[event..]`, so that it broadcasts against `[B, .., event..]` of `rank`.
    pub fn lift(&mut self, x: Value, rank: usize) -> Value {
        let shape = self.shape(x);
        if shape.rank() == 0 || shape.rank() >= rank {
            return x;
        }
        let mut dims = vec![Dim::fixed(1); rank - shape.rank()];
        dims.extend(shape.0);
        self.reshape(x, Shape(dims))
    }
}
