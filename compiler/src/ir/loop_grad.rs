//! The derivative of a loop, which is a loop that runs the other way.
//!
//! With carried values c, values r that are only read, and an iteration c' = f(c, r, p), the adjoints of the carried values obey
//! d = d' ∂f/∂c, from the last position to the first, and what is read has the sum of d' ∂f/∂r over all positions (Werbos 1990,
//! "Backpropagation through time"). Outputs that are kept for each position bring their adjoints in at their position. The body of the new
//! loop is the derivative of the old body (`grad::pulled`), so that loops in loops and second derivatives follow from one rule.
//!
//! What the derivative needs of an iteration is a *tape*: further outputs of the old loop, kept for each position. On it are carried
//! values, and results of products, convolutions, reductions, draws and loops in the body; what is made of them element by element, or moves
//! elements, is computed again. Nothing is kept of a carried buffer of which the body reads a part, but that part. So memory is `count`
//! times what is on the tape, and no product is computed twice; `peak_bytes` counts it.
//!
//! The adjoint of a matrix that the body multiplies with is a product for each position, whose sum is one product over batch and positions:
//! it is computed behind the loop, from what is kept.

use super::grad::{accumulated, pulled};
use super::graph::{Graph, Node, Step, Turns, Value};
use super::op::*;
use super::ops::{Local, stack_name};
use super::optimise::sweep;
use super::shape::{DType, Dim, Shape, Ty};
use super::value_map::ValueMap;
use std::collections::BTreeMap;

/// The adjoints of the wanted arguments of the loop `v`, given those of its results, by the output of the body. The loop gets further outputs.
pub(super) fn adjoints(
    g: &mut Graph,
    v: Value,
    seeds: &BTreeMap<usize, Value>,
    wants: &[bool],
) -> Vec<Option<Value>> {
    let node = g.node(v).clone();
    let Op::Loop(old) = &node.op else { return vec![None; wants.len()] };
    if old.iterations() == 0 {
        return wants
            .iter()
            .enumerate()
            .map(|(k, w)| seeds.get(&k).copied().filter(|_| *w && k < old.carried))
            .collect();
    }
    let inner = Inner::new(old, seeds, wants);
    let (mut tape, moving) = (Tape::new(&inner), inner.moving());
    let found = tape.found();
    let kept = put_on_tape(g, v, old, &tape);
    let initial = starts(g, &moving, seeds);
    let stacks: Vec<(usize, Value)> =
        seeds.iter().filter(|(k, _)| **k >= old.carried).map(|(k, v)| (*k, *v)).collect();
    let reads = node.args.get(old.carried..).unwrap_or_default();
    let read: Vec<Value> =
        reads.iter().copied().chain(stacks.iter().map(|s| s.1)).chain(kept.iter().copied()).collect();
    let products: Vec<Product> = inner.asked.iter().filter_map(|a| inner.product(a)).collect();
    let later = untaped(&products, &found);
    let sources = Sources {
        old,
        inner: &inner,
        found: &found,
        moving: &moving,
        stacks: &stacks,
        kept: &tape.kept,
        later: &later,
    };
    let turns = Turns { count: old.count, first: old.first, reverse: !old.reverse };
    let made = g.loop_with(
        turns,
        [&initial, &read],
        |g, carried, read, position| sources.write(g, carried, read, position),
        |_, input| panic!("internal: the derivative of a loop reads `{}`", input.name),
    );
    let everywhere = |v: Value| match found[v] {
        Some(Found::Taped(k)) => kept.get(k).copied(),
        _ => later.iter().position(|l| *l == v).and_then(|k| made.stacked.get(k).copied()),
    };
    let mut sums = BTreeMap::new();
    for product in &products {
        let parts = product.parts.map(|(v, turned)| everywhere(v).map(|s| (s, turned)));
        if let [Some(a), Some(b)] = parts {
            sums.insert(old.carried + product.read, product_of_all(g, [a, b]));
        }
    }
    let of = |k: usize| {
        let place = || moving.iter().position(|m| m.is_of(old, k));
        sums.get(&k).copied().or_else(|| place().and_then(|p| made.carried.get(p).copied()))
    };
    wants.iter().enumerate().map(|(k, w)| of(k).filter(|_| *w)).collect()
}

/// Gives the loop `v`, which was `old`, further outputs that keep what is on the tape; those outputs for all positions.
fn put_on_tape(g: &mut Graph, v: Value, old: &Loop, tape: &Tape<'_>) -> Vec<Value> {
    let mut body = tape.inner.g.clone();
    body.outputs.clone_from(&old.body.outputs);
    let first = body.outputs.len();
    for (k, v) in tape.kept.iter().enumerate() {
        body.outputs.push((stack_name(first - old.carried + k), *v));
    }
    let extended = Op::Loop(Loop { body: Box::new(sweep(&body)), ..old.clone() });
    if let Some(node) = g.nodes.get_mut(v.0 as usize) {
        node.op = extended;
    }
    (0..tape.kept.len()).map(|k| g.result(v, first + k)).collect()
}

/// What the new loop carries at first: the adjoints of what the old one ended with, and sums of nothing.
fn starts(g: &mut Graph, moving: &[Moving], seeds: &BTreeMap<usize, Value>) -> Vec<Value> {
    let zero =
        |g: &mut Graph, ty: Ty| g.push(Op::Full(Full { value: 0.0, dtype: ty.dtype, shape: ty.shape }), &[]);
    let start = |m: &Moving| {
        let seed = match m.target {
            Local::Carry(k) => seeds.get(&k).copied(),
            Local::Read(_) | Local::Position => None,
        };
        seed.unwrap_or_else(|| zero(g, m.ty.clone()))
    };
    let mut initial: Vec<Value> = moving.iter().map(start).collect();
    if initial.is_empty() {
        // A loop carries at least one value.
        initial.push(g.scalar(0.0));
    }
    initial
}

/// The matrices of the products that are not on the tape, each once: the new loop keeps them.
fn untaped(products: &[Product], found: &ValueMap<Option<Found>>) -> Vec<Value> {
    let mut later = Vec::new();
    for v in products.iter().flat_map(|p| p.parts.map(|(v, _)| v)) {
        if !matches!(found[v], Some(Found::Taped(_))) && !later.contains(&v) {
            later.push(v);
        }
    }
    later
}

/// Σ over all positions of the product of two matrices, each kept for all positions, `[count, rows, columns]`, and turned where that is said.
fn product_of_all(g: &mut Graph, parts: [(Value, bool); 2]) -> Value {
    // The axis that is summed over comes together with the positions.
    let [a, b] = parts;
    let [a, b] = [(a, true), (b, false)].map(|((v, turned), left)| {
        let by_sum = if left == turned { v } else { g.permute(v, &[0, 2, 1]) };
        let dims = g.shape(by_sum).0;
        let (count, batch) = Shape(dims.iter().take(2).copied().collect()).count();
        let rows = Dim { n: count, batch: batch > 0 };
        g.reshape(by_sum, Shape([rows].into_iter().chain(dims.into_iter().skip(2)).collect()))
    });
    let a = g.permute(a, &[1, 0]);
    g.matmul(a, b)
}

/// What is read and has one product of matrices as its adjoint in each iteration.
struct Product {
    read: usize,
    /// The two matrices, and whether they are turned.
    parts: [(Value, bool); 2],
}

/// One iteration forwards and its derivative, in one graph.
struct Inner {
    g: Graph,
    /// The seed of each output of the body that has one, by its number.
    seeds: BTreeMap<usize, Value>,
    /// For each argument of the loop that the derivative is asked for: its input in the body and its adjoint in this iteration.
    asked: Vec<(Local, Ty, Option<Value>)>,
}

/// A value that the new loop carries: the adjoint of a carried value, or the sum of those of a value that is read.
struct Moving {
    target: Local,
    ty: Ty,
    /// The adjoint after the iteration; of what is read, what it adds.
    made: Option<Value>,
}

impl Moving {
    /// Whether it belongs to argument `k` of the loop `old`.
    fn is_of(&self, old: &Loop, k: usize) -> bool {
        match self.target {
            Local::Carry(c) => c == k && k < old.carried,
            Local::Read(r) => old.carried + r == k,
            Local::Position => false,
        }
    }
}

impl Inner {
    fn new(old: &Loop, seeds: &BTreeMap<usize, Value>, wants: &[bool]) -> Inner {
        let mut g = (*old.body).clone();
        let active = active(old, seeds);
        let mut own = BTreeMap::new();
        for (k, (_, v)) in old.body.outputs.iter().enumerate() {
            let needed = if k < old.carried { active.get(k) == Some(&true) } else { seeds.contains_key(&k) };
            if needed {
                let ty = old.body.ty(*v).clone();
                let input =
                    Input { name: format!("seed.{k}"), role: Role::Local, dtype: ty.dtype, shape: ty.shape };
                own.insert(k, g.push(Op::Input(input), &[]));
            }
        }
        let pairs: Vec<(Value, Value)> =
            own.iter().filter_map(|(k, seed)| Some((old.body.outputs.get(*k)?.1, *seed))).collect();
        let mut asked = Vec::new();
        let mut wrt = Vec::new();
        for (v, node) in old.body.iter() {
            let Op::Input(input) = &node.op else { continue };
            let Some(local) = Local::named(&input.name) else { continue };
            let asks = match local {
                Local::Carry(k) => active.get(k) == Some(&true),
                Local::Read(k) => wants.get(old.carried + k) == Some(&true),
                Local::Position => false,
            };
            if asks && node.ty.dtype == DType::F {
                asked.push((local, node.ty.clone(), None));
                wrt.push(v);
            }
        }
        let made = pulled(&mut g, &pairs, &wrt);
        asked.iter_mut().zip(made).for_each(|(a, d)| a.2 = d);
        // A carried value that the body does not read has no adjoint before the iteration.
        for k in (0..old.carried).filter(|k| active.get(*k) == Some(&true)) {
            if let Some((_, v)) =
                old.body.outputs.get(k).filter(|_| !asked.iter().any(|a| a.0 == Local::Carry(k)))
            {
                asked.push((Local::Carry(k), old.body.ty(*v).clone(), None));
            }
        }
        Inner { g, seeds: own, asked }
    }
    /// The adjoint as a product of matrices.
    fn product(&self, (target, _, made): &(Local, Ty, Option<Value>)) -> Option<Product> {
        let (Local::Read(read), Some(made)) = (*target, *made) else { return None };
        let node = self.g.node(made);
        let (Op::MatMul(_), &[a, b]) = (&node.op, node.args.as_slice()) else { return None };
        let parts = [a, b].map(|v| match (&self.g.node(v).op, self.g.node(v).args.as_slice()) {
            (Op::Permute(p), [x]) if p.perm == [1, 0] => (*x, true),
            _ => (v, false),
        });
        // At most one axis of what is summed over carries the batch: that of the examples.
        let fits = parts.iter().all(|(v, _)| self.g.rank(*v) == 2 && self.g.shape(*v).count().1 <= 1);
        fits.then_some(Product { read, parts })
    }
    /// What the new loop carries: not what no iteration adds to, nor what is one product.
    fn moving(&self) -> Vec<Moving> {
        let moves = |asked: &&(Local, Ty, Option<Value>)| match asked.0 {
            Local::Carry(_) => true,
            Local::Read(_) | Local::Position => asked.2.is_some() && self.product(asked).is_none(),
        };
        let moving = |(target, ty, made): &(Local, Ty, Option<Value>)| Moving {
            target: *target,
            ty: ty.clone(),
            made: *made,
        };
        self.asked.iter().filter(moves).map(moving).collect()
    }
}

/// The carried values that have an adjoint at some position.
fn active(old: &Loop, seeds: &BTreeMap<usize, Value>) -> Vec<bool> {
    let wanted: Vec<bool> = (0..old.body.outputs.len()).map(|k| seeds.contains_key(&k)).collect();
    let mut active: Vec<bool> = old.reached(&wanted).into_iter().take(old.carried).collect();
    active.resize(old.carried, false);
    seeds
        .keys()
        .filter(|k| **k < old.carried)
        .for_each(|k| active.get_mut(*k).into_iter().for_each(|a| *a = true));
    active
}

/// Where the new body finds a value of the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// It belongs to the derivative.
    Adjoint,
    /// It is made as the old body makes it.
    Again,
    /// It is on the tape, at this place.
    Taped(usize),
}

/// What is kept of each iteration.
struct Tape<'a> {
    inner: &'a Inner,
    /// Whether a value needs a seed.
    adjoint: ValueMap<bool>,
    /// Whether a value is the same in every iteration.
    same: ValueMap<bool>,
    /// Whether a value depends on a carried one or on a draw.
    varies: ValueMap<bool>,
    kept: Vec<Value>,
}

impl<'a> Tape<'a> {
    fn new(inner: &'a Inner) -> Tape<'a> {
        let g = &inner.g;
        let mut adjoint = ValueMap::new(g, false);
        inner.seeds.values().for_each(|v| adjoint[*v] = true);
        let (mut same, mut varies) = (ValueMap::new(g, true), ValueMap::new(g, false));
        for (v, node) in g.iter() {
            let local = if let Op::Input(i) = &node.op { Local::named(&i.name) } else { None };
            let place =
                matches!(node.op, Op::DynSlice(_) | Op::DynUpdate(_)) || local == Some(Local::Position);
            let own = matches!(node.op, Op::Random(_)) || matches!(local, Some(Local::Carry(_)));
            adjoint[v] |= node.args.iter().any(|a| adjoint[*a]);
            varies[v] = own || node.args.iter().any(|a| varies[*a]);
            same[v] = !own && !place && node.args.iter().all(|a| same[*a]);
        }
        Tape { inner, adjoint, same, varies, kept: Vec::new() }
    }
    /// Where each value is found that the derivative needs.
    fn found(&mut self) -> ValueMap<Option<Found>> {
        let g = &self.inner.g;
        let mut found = ValueMap::new(g, None);
        let mut needed = ValueMap::new(g, false);
        for asked in &self.inner.asked {
            match (self.inner.product(asked), asked.2) {
                (Some(product), _) => product.parts.iter().for_each(|(v, _)| needed[*v] = true),
                (None, Some(made)) => needed[made] = true,
                (None, None) => {}
            }
        }
        for i in (0..g.nodes.len() as u32).rev() {
            let v = Value(i);
            if !needed[v] {
                continue;
            }
            let node = g.node(v);
            let place = if self.adjoint[v] {
                Found::Adjoint
            } else if self.again(v, node) {
                Found::Again
            } else {
                self.kept.push(v);
                Found::Taped(self.kept.len() - 1)
            };
            if !matches!(place, Found::Taped(_)) {
                node.args.iter().for_each(|a| needed[*a] = true);
            }
            found[v] = Some(place);
        }
        found
    }
    /// Whether a value is made anew rather than kept.
    fn again(&self, v: Value, node: &Node) -> bool {
        if let Op::Input(i) = &node.op {
            return !matches!(Local::named(&i.name), Some(Local::Carry(_)));
        }
        if matches!(node.op, Op::Random(_) | Op::Loop(_) | Op::LoopResult(_)) {
            return false;
        }
        let rule = node.op.rule();
        let cheap = node.args.is_empty() || rule.elementwise().is_some() || rule.moves();
        let part = matches!(node.op, Op::DynSlice(_)) && self.varies[v];
        self.same[v] || (cheap && !part)
    }
}

/// What the body of the new loop is written from.
struct Sources<'a> {
    old: &'a Loop,
    inner: &'a Inner,
    found: &'a ValueMap<Option<Found>>,
    moving: &'a [Moving],
    /// Outputs of the old body with an adjoint for each position.
    stacks: &'a [(usize, Value)],
    kept: &'a [Value],
    /// What is kept for each position, for what follows.
    later: &'a [Value],
}

impl Sources<'_> {
    /// The part of a value `[count, ..]` at the position.
    fn at(&self, g: &mut Graph, stack: Value, shape: &Shape) -> Value {
        let one =
            g.dyn_slice(stack, &[0], &[1], &[At { div: 1, modulo: self.old.count, offset: 0, ahead: 0 }]);
        g.reshape(one, shape.clone())
    }
    /// One iteration.
    fn write(&self, g: &mut Graph, carried: &[Value], read: &[Value], position: Value) -> Step<Value> {
        let from = &self.inner.g;
        let reads = read.len() - self.stacks.len() - self.kept.len();
        let mut new: ValueMap<Option<Value>> = ValueMap::new(from, None);
        for (k, seed) in &self.inner.seeds {
            let own = self.moving.iter().position(|m| m.target == Local::Carry(*k) && *k < self.old.carried);
            let kept = self.stacks.iter().position(|(s, _)| s == k);
            new[*seed] = match (own, kept) {
                (Some(p), _) => carried.get(p).copied(),
                (None, Some(p)) => read.get(reads + p).copied().map(|s| self.at(g, s, &from.shape(*seed))),
                (None, None) => None,
            };
        }
        for (v, node) in from.iter() {
            g.at = node.span;
            match self.found[v] {
                None => {}
                Some(_) if new[v].is_some() => {}
                Some(Found::Taped(k)) => {
                    let stack = read.get(reads + self.stacks.len() + k).copied();
                    new[v] = stack.map(|s| self.at(g, s, &node.ty.shape));
                }
                Some(Found::Adjoint | Found::Again) => {
                    let local = if let Op::Input(i) = &node.op { Local::named(&i.name) } else { None };
                    new[v] = match local {
                        Some(Local::Read(k)) => read.get(k).copied(),
                        Some(Local::Position) => Some(position),
                        Some(Local::Carry(_)) => None,
                        None => {
                            let args: Option<Vec<Value>> = node.args.iter().map(|a| new[*a]).collect();
                            args.map(|args| g.push(node.op.clone(), &args))
                        }
                    };
                }
            }
        }
        let step = |(m, now): (&Moving, &Value)| {
            let made = m.made.and_then(|d| new[d]);
            match (m.target, made) {
                (Local::Carry(_), Some(d)) => d,
                (Local::Carry(_), None) => g.full(0.0, m.ty.shape.clone()),
                (Local::Read(_) | Local::Position, Some(d)) => accumulated(g, Some(*now), d),
                (Local::Read(_) | Local::Position, None) => *now,
            }
        };
        let next: Vec<Value> = self.moving.iter().zip(carried).map(step).collect();
        let carried = if next.is_empty() { carried.to_vec() } else { next };
        Step { carried, stacked: self.later.iter().filter_map(|v| new[*v]).collect() }
    }
}
