//! When values are made and dropped, and what a run costs.
//!
//! The executor runs nodes in order and drops a value after its last use; memory is known before the run.

use super::graph::{Graph, Node, Value};
use super::op::{Loop, Op, Role};
use super::ops::Local;
use super::shape::DType;
use super::value_map::ValueMap;
use std::collections::BTreeMap;

/// For each node: the values to drop after it. Outputs are never dropped; a value that nothing uses is dropped after itself.
pub fn last_uses(g: &Graph) -> ValueMap<Vec<Value>> {
    let mut last = ValueMap::of(g, |(v, _)| Some(v));
    for (v, node) in g.iter() {
        node.args.iter().for_each(|a| last[*a] = Some(v));
    }
    g.outputs.iter().for_each(|(_, v)| last[*v] = None);
    let mut drops = ValueMap::new(g, Vec::new());
    for (v, at) in last.iter() {
        if let Some(at) = at {
            drops[*at].push(v);
        }
    }
    drops
}

/// Bytes of a value at this batch: 4 for `F`, 8 for `I`, 1 for `B`. Inputs are counted too: they are resident while used.
pub fn bytes(node: &Node, batch: usize) -> usize {
    let element = match node.ty.dtype {
        DType::F => 4,
        DType::I => 8,
        DType::B => 1,
    };
    node.ty.shape.size(batch).saturating_mul(element)
}

/// What a node of a loop's body is handed, if it is an input of one.
fn handed(node: &Node) -> Option<Local> {
    if let Op::Input(input) = &node.op {
        Local::named(&input.name).filter(|_| input.role == Role::Local)
    } else {
        None
    }
}

/// The bytes of each value; of what a body only reads none, because that stays where it is.
fn sizes(g: &Graph, batch: usize) -> ValueMap<usize> {
    ValueMap::of(g, |(_, node)| if let Some(Local::Read(_)) = handed(node) { 0 } else { bytes(node, batch) })
}

/// Bytes that a loop needs beside its arguments: what its body has alive at once, less the carried values that nobody needs afterwards,
/// which are among `drops` and are moved into it.
fn needs(l: &Loop, node: &Node, drops: &[Value], batch: usize) -> usize {
    let moved = |inner: &Node| match handed(inner) {
        Some(Local::Carry(k)) if node.args.get(k).is_some_and(|a| drops.contains(a)) => bytes(inner, batch),
        Some(Local::Carry(_) | Local::Read(_) | Local::Position) | None => 0,
    };
    let moved = l.body.nodes.iter().map(moved).fold(0, usize::saturating_add);
    peak_bytes(&l.body, batch).saturating_sub(moved).max(bytes(node, batch))
}

/// The most bytes alive at once, were every value materialised (views make it less). Of the body of a loop by itself: beside what it reads.
pub fn peak_bytes(g: &Graph, batch: usize) -> usize {
    let size = sizes(g, batch);
    // What a loop makes beside its value.
    let mut further = ValueMap::new(g, 0usize);
    for (v, node) in g.iter().filter(|(_, n)| matches!(n.op, Op::LoopResult(_))) {
        node.args.iter().for_each(|a| further[*a] = further[*a].saturating_add(size[v]));
    }
    let (mut now, mut peak) = (0usize, 0usize);
    for (v, drops) in last_uses(g).iter() {
        let node = g.node(v);
        let made = if let Op::Loop(l) = &node.op {
            needs(l, node, drops, batch).saturating_add(further[v])
        } else {
            size[v]
        };
        peak = peak.max(now.saturating_add(made));
        now = now.saturating_add(size[v]);
        drops.iter().for_each(|v| now = now.saturating_sub(size[*v]));
    }
    peak
}

/// Multiply-adds of the matrix products and convolutions of one run.
pub fn madds(g: &Graph, batch: usize) -> u64 {
    let cost = |node: &Node| {
        let tys: Vec<_> = node.args.iter().map(|a| g.ty(*a)).collect();
        node.op.rule().cost(&tys, &node.ty, batch)
    };
    g.nodes.iter().map(cost).fold(0, u64::saturating_add)
}

/// The same graph with its nodes in an order that needs no more memory at this batch, and usually less: greedily the ready
/// node that frees most, ties in the given order. Leaves are placed before their first use. The given order is kept where
/// the greedy one is no better.
pub fn lower_peak(g: &Graph, batch: usize) -> Graph {
    let mut g = g.clone();
    for node in &mut g.nodes {
        if let Op::Loop(Loop { body, .. }) = &mut node.op {
            **body = lower_peak(body, batch);
        }
    }
    let reordered = permuted(&g, &greedy(&g, batch));
    if peak_bytes(&reordered, batch) < peak_bytes(&g, batch) { reordered } else { g }
}

/// What the greedy order knows of each value.
struct Greedy {
    /// Its arguments, each once.
    args: ValueMap<Vec<Value>>,
    size: ValueMap<usize>,
    /// Whether it is a further result of a loop.
    result: ValueMap<bool>,
    /// Uses still to come; outputs have one that never comes.
    uses: ValueMap<usize>,
    placed: ValueMap<bool>,
    order: Vec<Value>,
}

impl Greedy {
    fn new(g: &Graph, batch: usize) -> Greedy {
        let args = ValueMap::of(g, |(_, node)| {
            let mut args = node.args.clone();
            args.sort_unstable();
            args.dedup();
            args
        });
        let mut uses = ValueMap::new(g, 0);
        args.iter().flat_map(|(_, args)| args).for_each(|a| uses[*a] += 1);
        g.outputs.iter().for_each(|(_, v)| uses[*v] += 1);
        Greedy {
            args,
            size: sizes(g, batch),
            result: ValueMap::of(g, |(_, node)| matches!(node.op, Op::LoopResult(_))),
            uses,
            placed: ValueMap::new(g, false),
            order: Vec::with_capacity(g.nodes.len()),
        }
    }
    fn is_leaf(&self, v: Value) -> bool {
        self.args[v].is_empty()
    }
    /// Bytes that are alive after `v` and were not before: it and the leaves that come with it, less the arguments used up. The results of a
    /// loop are made with it, and come at once.
    fn growth(&self, v: Value) -> i128 {
        if self.result[v] {
            return i128::MIN;
        }
        let total = |part: &dyn Fn(Value) -> bool| -> usize {
            self.args[v].iter().filter(|a| part(**a)).map(|a| self.size[*a]).sum()
        };
        let freed = total(&|a| self.uses[a] == 1);
        let leaves = total(&|a| self.is_leaf(a) && !self.placed[a]);
        (self.size[v] + leaves) as i128 - freed as i128
    }
    /// Puts `v` next, after the leaves that it is the first to use.
    fn place(&mut self, v: Value) {
        for a in &self.args[v] {
            if self.args[*a].is_empty() && !self.placed[*a] {
                self.placed[*a] = true;
                self.order.push(*a);
            }
            self.uses[*a] -= 1;
        }
        self.placed[v] = true;
        self.order.push(v);
    }
}

fn greedy(g: &Graph, batch: usize) -> Vec<Value> {
    let mut now = Greedy::new(g, batch);
    let mut users = ValueMap::new(g, Vec::new());
    let mut waiting = ValueMap::new(g, 0usize);
    for (v, args) in now.args.iter() {
        args.iter().for_each(|a| users[*a].push(v));
        waiting[v] = args.iter().filter(|a| !now.is_leaf(**a)).count();
    }
    let mut ready: Vec<Value> =
        waiting.iter().filter(|&(v, n)| *n == 0 && !now.is_leaf(v)).map(|(v, _)| v).collect();
    while let Some((best, v)) = ready.iter().copied().enumerate().min_by_key(|&(_, v)| (now.growth(v), v)) {
        ready.swap_remove(best);
        now.place(v);
        for u in &users[v] {
            waiting[*u] -= 1;
            if waiting[*u] == 0 {
                ready.push(*u);
            }
        }
    }
    // Leaves that nothing uses.
    let rest: Vec<Value> = now.placed.iter().filter(|(_, placed)| !**placed).map(|(v, _)| v).collect();
    now.order.extend(rest);
    now.order
}

/// The graph with its nodes in this order, which defines before it uses.
fn permuted(g: &Graph, order: &[Value]) -> Graph {
    let mut new = ValueMap::new(g, Value(0));
    order.iter().enumerate().for_each(|(k, v)| new[*v] = Value(k as u32));
    let renamed = |n: &Node| Node { args: n.args.iter().map(|a| new[*a]).collect(), ..n.clone() };
    let nodes = order.iter().map(|v| renamed(g.node(*v))).collect();
    g.with(nodes, g.outputs.iter().map(|(name, v)| (name.clone(), new[*v])).collect())
}

/// How many nodes of each op there are, those of a loop's body once, for reports.
pub fn census(g: &Graph) -> BTreeMap<&'static str, usize> {
    let mut count = BTreeMap::new();
    for node in g.nodes.iter().filter(|n| !matches!(n.op, Op::Input(_))) {
        *count.entry(node.op.rule().name()).or_insert(0) += 1;
        if let Op::Loop(l) = &node.op {
            census(&l.body).into_iter().for_each(|(name, n)| *count.entry(name).or_insert(0) += n);
        }
    }
    count
}
