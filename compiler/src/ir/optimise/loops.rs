//! Loops: the body simplified, what no iteration needs left out, what every iteration would compute anew computed before.

use super::{Rewriter, optimise};
use crate::ir::graph::{Graph, Node, Value};
use crate::ir::op::*;
use crate::ir::ops::{Local, stack_name};
use crate::ir::shape::{Dim, Shape, Ty};
use crate::ir::value_map::ValueMap;
use crate::span::Span;
use std::collections::HashMap;

/// What an input of the body is.
fn local(node: &Node) -> Option<Local> {
    if let Op::Input(input) = &node.op { Local::named(&input.name) } else { None }
}

/// Whether a node is made from nothing: it costs as little in the body as an argument would.
fn leaf(node: &Node) -> bool {
    matches!(node.op, Op::Full(_) | Op::Literal(_) | Op::Count(_))
}

/// For each loop, which outputs of its body are wanted.
pub(super) fn wanted(g: &Graph) -> HashMap<Value, Vec<bool>> {
    let mut all: HashMap<Value, Vec<bool>> = HashMap::new();
    let mut want = |v: Value, k: usize| {
        if let Op::Loop(l) = &g.node(v).op {
            let flags = all.entry(v).or_insert_with(|| vec![false; l.body.outputs.len()]);
            flags.get_mut(k).into_iter().for_each(|f| *f = true);
        }
    };
    for (_, node) in g.iter() {
        let k = if let Op::LoopResult(r) = &node.op { r.k } else { 0 };
        node.args.iter().for_each(|a| want(*a, k));
    }
    g.outputs.iter().for_each(|(_, v)| want(*v, 0));
    all
}

/// The new body, and the values that it is handed.
struct Slim<'a> {
    old: &'a Graph,
    body: Graph,
    new: ValueMap<Option<Value>>,
    carries: Vec<Value>,
    reads: Vec<Value>,
}

/// What stays of a loop: which outputs of the old body are carried, and which are kept for each position.
struct Stays {
    moving: Vec<usize>,
    stacked: Vec<usize>,
}

impl Rewriter {
    /// The loop with a simpler body: what has become of each output that is wanted. Where no loop is needed, none is left.
    pub(super) fn emit_loop(&mut self, l: &Loop, args: &[Value], wanted: &[bool]) -> Vec<Option<Value>> {
        let old = optimise(&l.body);
        let (needed, kept) = (needed(&old, wanted), kept(&old, l.carried));
        let same = invariant(&old, &kept);
        let outside = self.before(&old, &same, args, l.carried);
        let mut made: Vec<Option<Value>> = vec![None; old.outputs.len()];
        let mut stays = Stays { moving: Vec::new(), stacked: Vec::new() };
        for (k, (_, v)) in old.outputs.iter().enumerate() {
            let known = outside[*v].filter(|_| same[*v]);
            let slot = made.get_mut(k);
            // What comes out is known without running.
            let done = match known {
                _ if k < l.carried && (l.iterations() == 0 || get(&kept, k)) => args.get(k).copied(),
                Some(v) if k < l.carried => Some(v),
                Some(v) if get(wanted, k) && l.first == 0 => Some(self.repeated(v, l.count)),
                Some(_) | None => None,
            };
            slot.into_iter().for_each(|s| *s = done);
            let stays_in = if k < l.carried {
                get(&needed, k) && !get(&kept, k)
            } else {
                done.is_none() && get(wanted, k)
            };
            match stays_in {
                true if k < l.carried => stays.moving.push(k),
                true => stays.stacked.push(k),
                false => {}
            }
        }
        let done = (0..made.len()).all(|k| !get(wanted, k) || made.get(k).is_some_and(Option::is_some));
        if !done {
            self.slim(l, (&old, &same, &outside), args, &stays, &mut made);
        }
        made
    }

    /// A value at each of `count` positions.
    fn repeated(&mut self, v: Value, count: usize) -> Value {
        let mut dims = self.out.ty(v).shape.0.clone();
        dims.insert(0, Dim::fixed(1));
        let one = self.emit(Op::Reshape(Reshape { shape: Shape(dims.clone()) }), &[v]);
        dims.iter_mut().take(1).for_each(|d| *d = Dim::fixed(count));
        self.shaped(one, &Shape(dims))
    }

    /// Writes the loop of what stays, and what its results are.
    fn slim(
        &mut self,
        l: &Loop,
        (old, same, outside): (&Graph, &ValueMap<bool>, &ValueMap<Option<Value>>),
        args: &[Value],
        stays: &Stays,
        made: &mut [Option<Value>],
    ) {
        let mut slim = Slim {
            old,
            body: Graph::default(),
            new: ValueMap::new(old, None),
            carries: stays.moving.iter().filter_map(|&k| args.get(k).copied()).collect(),
            reads: Vec::new(),
        };
        slim.copy(stays, same, outside);
        if slim.carries.is_empty() {
            // A loop carries at least one value.
            let number = Ty::f(Shape::scalar());
            let v = slim.local(Local::Carry(0), &number, Span::default());
            slim.body.outputs.insert(0, (Local::Carry(0).to_string(), v));
            slim.carries.push(self.scalar(0.0));
        }
        let carried = slim.carries.len();
        let args = [slim.carries, slim.reads].concat();
        let new =
            Loop { body: Box::new(slim.body), count: l.count, first: l.first, carried, reverse: l.reverse };
        let places = stays.moving.iter().enumerate().map(|(place, k)| (*k, place));
        // Equal values are kept once.
        let kept = stays.stacked.iter().map(|k| {
            let of = old.outputs.get(*k).map(|o| o.1);
            let place = stays.stacks(old).iter().position(|v| Some(*v) == of).unwrap_or(0);
            (*k, carried + place)
        });
        let tys: Vec<(usize, usize, Option<Ty>)> =
            places.chain(kept).map(|(k, place)| (k, place, new.result(place))).collect();
        let v = self.emit(Op::Loop(new), &args);
        for (k, place, ty) in tys {
            let value = match ty {
                _ if place == 0 => Some(v),
                Some(Ty { dtype, shape }) => {
                    Some(self.emit(Op::LoopResult(LoopResult { k: place, dtype, shape }), &[v]))
                }
                None => None,
            };
            if let Some(slot) = made.get_mut(k).filter(|s| s.is_none()) {
                *slot = value;
            }
        }
    }

    /// The values of the body that are the same in every iteration and are used by others, made in front of the loop.
    fn before(
        &mut self,
        body: &Graph,
        same: &ValueMap<bool>,
        args: &[Value],
        carried: usize,
    ) -> ValueMap<Option<Value>> {
        let mut wanted = ValueMap::new(body, false);
        for (_, node) in body.iter().filter(|(v, _)| !same[*v]) {
            node.args.iter().filter(|a| same[**a] && !leaf(body.node(**a))).for_each(|a| wanted[*a] = true);
        }
        body.outputs.iter().filter(|(_, v)| same[*v]).for_each(|(_, v)| wanted[*v] = true);
        for (v, node) in body.iter().rev() {
            if wanted[v] {
                node.args.iter().for_each(|a| wanted[*a] = true);
            }
        }
        let mut outside = ValueMap::new(body, None);
        let at = self.out.at;
        for (v, node) in body.iter().filter(|(v, _)| wanted[*v]) {
            outside[v] = match local(node) {
                Some(Local::Carry(k)) => args.get(k).copied(),
                Some(Local::Read(k)) => args.get(carried + k).copied(),
                Some(Local::Position) => None,
                None => {
                    self.out.at = node.span;
                    let args: Option<Vec<Value>> = node.args.iter().map(|a| outside[*a]).collect();
                    args.map(|args| self.emit(node.op.clone(), &args))
                }
            };
        }
        self.out.at = at;
        outside
    }
}

fn get(flags: &[bool], k: usize) -> bool {
    flags.get(k).copied().unwrap_or(false)
}

impl Stays {
    /// The values that are kept for each position, each once.
    fn stacks(&self, old: &Graph) -> Vec<Value> {
        let mut all = Vec::new();
        for (_, v) in self.stacked.iter().filter_map(|&k| old.outputs.get(k)) {
            if !all.contains(v) {
                all.push(*v);
            }
        }
        all
    }
}

/// For each output: whether what is wanted needs it, after however many iterations.
fn needed(body: &Graph, wanted: &[bool]) -> Vec<bool> {
    let mut needed: Vec<bool> = (0..body.outputs.len()).map(|k| get(wanted, k)).collect();
    loop {
        let mut live = ValueMap::new(body, false);
        for ((_, v), _) in body.outputs.iter().zip(&needed).filter(|(_, n)| **n) {
            live[*v] = true;
        }
        for (v, node) in body.iter().rev() {
            if live[v] {
                node.args.iter().for_each(|a| live[*a] = true);
            }
        }
        let before = needed.clone();
        for (v, node) in body.iter() {
            if let Some(Local::Carry(k)) = local(node).filter(|_| live[v]) {
                needed.get_mut(k).into_iter().for_each(|n| *n = true);
            }
        }
        if needed == before {
            return needed;
        }
    }
}

/// For each carried value: whether every iteration leaves it as it was.
fn kept(body: &Graph, carried: usize) -> Vec<bool> {
    let same = |(k, (_, v)): (usize, &(String, Value))| local(body.node(*v)) == Some(Local::Carry(k));
    body.outputs.iter().enumerate().take(carried).map(same).collect()
}

/// The values that are the same in every iteration.
fn invariant(body: &Graph, kept: &[bool]) -> ValueMap<bool> {
    let mut same = ValueMap::new(body, false);
    for (v, node) in body.iter() {
        same[v] = match local(node) {
            Some(Local::Carry(k)) => get(kept, k),
            Some(Local::Read(_)) => true,
            Some(Local::Position) => false,
            None => node.op.rule().pure() && node.args.iter().all(|a| same[*a]),
        };
    }
    same
}

impl Slim<'_> {
    /// Writes the body: the nodes that what stays needs, those that are the same in every iteration as arguments.
    fn copy(&mut self, stays: &Stays, same: &ValueMap<bool>, outside: &ValueMap<Option<Value>>) {
        let old = self.old;
        let mut live = ValueMap::new(old, false);
        let moving = &stays.moving;
        let stacked = stays.stacks(old);
        stacked.iter().for_each(|v| live[*v] = true);
        let results: Vec<Value> = moving.iter().filter_map(|&k| old.outputs.get(k).map(|o| o.1)).collect();
        results.iter().for_each(|v| live[*v] = true);
        for (v, node) in old.iter().rev() {
            if live[v] && !same[v] {
                node.args.iter().for_each(|a| live[*a] = true);
            }
        }
        for (v, node) in old.iter().filter(|(v, _)| live[*v]) {
            let made = match (local(node), outside[v].filter(|_| !leaf(node))) {
                (_, Some(value)) => self.read(node, value),
                (Some(Local::Carry(k)), None) => {
                    let place = moving.iter().position(|m| *m == k).unwrap_or(k);
                    self.input(node, Local::Carry(place))
                }
                (Some(Local::Read(_) | Local::Position) | None, None) => {
                    let args = node.args.iter().filter_map(|a| self.new[*a]).collect();
                    self.push(Node { args, ..node.clone() })
                }
            };
            self.new[v] = Some(made);
        }
        for (place, v) in results.into_iter().enumerate() {
            let made = self.new[v].unwrap_or(v);
            self.body.output(Local::Carry(place).to_string(), made);
        }
        for (place, v) in stacked.into_iter().enumerate() {
            let made = self.new[v].unwrap_or(v);
            self.body.output(stack_name(place), made);
        }
    }
    fn push(&mut self, node: Node) -> Value {
        self.body.nodes.push(node);
        Value(self.body.nodes.len() as u32 - 1)
    }
    fn input(&mut self, node: &Node, local: Local) -> Value {
        self.local(local, &node.ty, node.span)
    }
    fn local(&mut self, local: Local, ty: &Ty, span: Span) -> Value {
        let (dtype, shape) = (ty.dtype, ty.shape.clone());
        let input = Input { name: local.to_string(), role: Role::Local, dtype, shape };
        self.push(Node { op: Op::Input(input), args: Vec::new(), ty: ty.clone(), span })
    }
    /// The input that stands for a value of the graph around.
    fn read(&mut self, node: &Node, value: Value) -> Value {
        let k = self.reads.iter().position(|r| *r == value).unwrap_or(self.reads.len());
        if k == self.reads.len() {
            self.reads.push(value);
            return self.input(node, Local::Read(k));
        }
        let name = Local::Read(k).to_string();
        let known =
            self.body.iter().find(|(_, n)| matches!(&n.op, Op::Input(i) if i.name == name)).map(|(v, _)| v);
        known.unwrap_or_else(|| self.input(node, Local::Read(k)))
    }
}
