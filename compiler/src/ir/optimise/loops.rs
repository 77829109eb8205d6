//! Loops: the body simplified, what no iteration needs left out, what every iteration would compute anew computed before.

use super::{Rewriter, optimise};
use crate::ir::graph::{Graph, Node, Value};
use crate::ir::op::*;
use crate::ir::ops::Local;
use crate::ir::value_map::ValueMap;

/// What an input of the body is.
fn local(node: &Node) -> Option<Local> {
    if let Op::Input(input) = &node.op { Local::named(&input.name) } else { None }
}

/// Whether a node is made from nothing: it costs as little in the body as an argument would.
fn leaf(node: &Node) -> bool {
    matches!(node.op, Op::Full(_) | Op::Literal(_) | Op::Count(_))
}

/// The new body, and the values that it is handed.
struct Slim<'a> {
    old: &'a Graph,
    body: Graph,
    new: ValueMap<Option<Value>>,
    carries: Vec<Value>,
    reads: Vec<Value>,
}

impl Rewriter {
    /// The loop with a simpler body, or its result where no loop is needed.
    pub(super) fn emit_loop(&mut self, l: &Loop, args: &[Value]) -> Value {
        let old = optimise(&l.body);
        let carry = |k: usize| old.outputs.get(k).map(|(_, v)| *v);
        let Some(first) = carry(0) else { return self.emit(Op::Loop(l.clone()), args) };
        let (needed, kept) = (needed(&old), kept(&old));
        let same = invariant(&old, &kept);
        // What comes out is known without running.
        if l.count == 0 || kept.first() == Some(&true) {
            return args.first().copied().unwrap_or(first);
        }
        let outside = self.before(&old, &same, args, l.carried);
        if let Some(v) = outside[first].filter(|_| same[first]) {
            return v;
        }
        let moving: Vec<usize> = (0..l.carried).filter(|&k| get(&needed, k) && !get(&kept, k)).collect();
        let mut slim = Slim {
            old: &old,
            body: Graph::default(),
            new: ValueMap::new(&old, None),
            carries: moving.iter().filter_map(|&k| args.get(k).copied()).collect(),
            reads: Vec::new(),
        };
        slim.copy(&moving, &same, &outside);
        let carried = slim.carries.len();
        let args = [slim.carries, slim.reads].concat();
        self.emit(Op::Loop(Loop { body: Box::new(slim.body), count: l.count, carried }), &args)
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

/// For each carried value: whether the result needs it, after however many iterations.
fn needed(body: &Graph) -> Vec<bool> {
    let mut needed: Vec<bool> = (0..body.outputs.len()).map(|k| k == 0).collect();
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
fn kept(body: &Graph) -> Vec<bool> {
    let same = |(k, (_, v)): (usize, &(String, Value))| local(body.node(*v)) == Some(Local::Carry(k));
    body.outputs.iter().enumerate().map(same).collect()
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
    /// Writes the body: the nodes that its carried values `moving` need, those that are the same in every iteration as arguments.
    fn copy(&mut self, moving: &[usize], same: &ValueMap<bool>, outside: &ValueMap<Option<Value>>) {
        let old = self.old;
        let mut live = ValueMap::new(old, false);
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
    }
    fn push(&mut self, node: Node) -> Value {
        self.body.nodes.push(node);
        Value(self.body.nodes.len() as u32 - 1)
    }
    fn input(&mut self, node: &Node, local: Local) -> Value {
        let (dtype, shape) = (node.ty.dtype, node.ty.shape.clone());
        let input = Input { name: local.to_string(), role: Role::Local, dtype, shape };
        self.push(Node { op: Op::Input(input), args: Vec::new(), ty: node.ty.clone(), span: node.span })
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
