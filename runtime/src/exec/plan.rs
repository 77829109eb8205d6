//! In which order to run a graph, and which elementwise nodes to run together.
//!
//! Fusing gathers elementwise nodes of one result shape into [`Kernel`]s. A node's *level* is the number of times the longest
//! path to it leaves a group: an argument of the same shape may be on the same level, any other must be on a lower one. Nodes
//! of one level and shape can therefore be grouped in any way without a cycle; those that share an edge or a large argument
//! are. A node whose users all have its shape sinks to the first of them, so that `0.9 m`, which could run before the forward
//! pass, runs inside the update that needs it.
//!
//! What is written to in place ([`Op::DynUpdate`]) is read before, by all that read it as it was, where they do not need what was written.
//!
//! Invariants: every node that an output needs is in exactly one unit, except constants ([`Op::Full`]), which are in none;
//! a unit comes after the units of all its arguments; a value is last used by exactly one unit.

use super::kernel::Kernel;
use gmc_compiler::ir::graph::{Graph, Node, Value};
use gmc_compiler::ir::op::{Op, ReduceKind};
use gmc_compiler::ir::shape::DType;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// One step of a run.
#[derive(Clone, Debug)]
pub enum Unit {
    /// One node, by its index, as one call of a Burn operation.
    Node(usize),
    /// Several elementwise nodes in one loop (CPU only).
    Fused(Box<Kernel>),
}

/// The steps of a run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// In order.
    pub units: Vec<Unit>,
    /// For each value, the unit that uses it last; `None` for a value that is never used or is an output.
    pub last_use: Vec<Option<usize>>,
}

impl Plan {
    /// One unit a node, in the graph's order.
    pub fn plain(graph: &Graph) -> Plan {
        let live = live(graph);
        let units = (0..graph.nodes.len())
            .filter(|i| get(&live, *i) && !is_constant(graph, *i))
            .map(Unit::Node)
            .collect();
        Plan::of(graph, units)
    }

    /// Elementwise nodes grouped.
    pub fn fused(graph: &Graph) -> Plan {
        let live = live(graph);
        let level = levels(graph, &live);
        let mut groups = groups(graph, &live, &level);
        let folds = folds(graph, &live, &groups);
        groups.retain(|g| !folds.values().any(|r| g.contains(r)));
        let units = groups.into_iter().flat_map(|g| unit(graph, g, &folds)).collect();
        Plan::of(graph, sort(graph, units))
    }

    fn of(graph: &Graph, units: Vec<Unit>) -> Plan {
        let mut last_use = vec![None; graph.nodes.len()];
        for (u, unit) in units.iter().enumerate() {
            for a in args(graph, unit) {
                set(&mut last_use, a, Some(u));
            }
        }
        for (_, v) in &graph.outputs {
            set(&mut last_use, v.0 as usize, None);
        }
        Plan { units, last_use }
    }
}

fn get(flags: &[bool], i: usize) -> bool {
    flags.get(i).copied().unwrap_or(false)
}

fn set<T>(items: &mut [T], i: usize, value: T) {
    if let Some(slot) = items.get_mut(i) {
        *slot = value;
    }
}

/// The values a unit reads from outside itself.
fn args(graph: &Graph, unit: &Unit) -> Vec<usize> {
    match unit {
        Unit::Node(i) => {
            graph.nodes.get(*i).map_or(Vec::new(), |n| n.args.iter().map(|a| a.0 as usize).collect())
        }
        Unit::Fused(k) => k.inputs.clone(),
    }
}

fn results(unit: &Unit) -> Vec<usize> {
    match unit {
        Unit::Node(i) => vec![*i],
        Unit::Fused(k) => k.outputs.clone(),
    }
}

fn live(graph: &Graph) -> Vec<bool> {
    let mut live = vec![false; graph.nodes.len()];
    for (_, v) in &graph.outputs {
        set(&mut live, v.0 as usize, true);
    }
    for (i, node) in graph.nodes.iter().enumerate().rev() {
        if get(&live, i) {
            node.args.iter().for_each(|a| set(&mut live, a.0 as usize, true));
        }
    }
    live
}

/// Whether a node is a constant that every unit can have without computing it.
pub fn is_constant(graph: &Graph, i: usize) -> bool {
    graph.nodes.get(i).is_some_and(|n| matches!(n.op, Op::Full(_)))
}

/// Whether a node can be part of a kernel: elementwise, of numbers and truth values only.
fn fusable(graph: &Graph, node: &Node) -> bool {
    let elementwise = node.op.rule().elementwise().is_some() || matches!(node.op, Op::Broadcast(_));
    elementwise && node.ty.dtype != DType::I && node.args.iter().all(|a| graph.ty(*a).dtype != DType::I)
}

/// Whether an argument may be in the same group as its user.
fn joins(graph: &Graph, user: &Node, arg: Value) -> bool {
    let a = graph.node(arg);
    fusable(graph, user) && fusable(graph, a) && a.ty.shape == user.ty.shape
}

fn levels(graph: &Graph, live: &[bool]) -> Vec<usize> {
    let mut level = vec![0; graph.nodes.len()];
    for (i, node) in graph.nodes.iter().enumerate() {
        let of = |a: &Value| {
            let l = level.get(a.0 as usize).copied().unwrap_or(0);
            if joins(graph, node, *a) { l } else { l + 1 }
        };
        let l = node.args.iter().map(of).max().unwrap_or(0);
        set(&mut level, i, l);
    }
    let mut pinned = vec![false; graph.nodes.len()];
    for (_, v) in &graph.outputs {
        set(&mut pinned, v.0 as usize, true);
    }
    let mut first_user = vec![usize::MAX; graph.nodes.len()];
    for (i, node) in graph.nodes.iter().enumerate().rev() {
        let target = first_user.get(i).copied().unwrap_or(usize::MAX);
        if fusable(graph, node) && !get(&pinned, i) && target != usize::MAX {
            set(&mut level, i, target);
        }
        if !get(live, i) {
            continue;
        }
        let l = level.get(i).copied().unwrap_or(0);
        for a in &node.args {
            let j = a.0 as usize;
            if !joins(graph, node, *a) {
                set(&mut pinned, j, true);
            }
            if let Some(f) = first_user.get_mut(j) {
                *f = (*f).min(l);
            }
        }
    }
    level
}

/// Groups of nodes, each ascending.
fn groups(graph: &Graph, live: &[bool], level: &[usize]) -> Vec<Vec<usize>> {
    let n = graph.nodes.len();
    let mut leader: Vec<usize> = (0..n).collect();
    fn find(leader: &mut [usize], i: usize) -> usize {
        let up = leader.get(i).copied().unwrap_or(i);
        if up == i {
            return i;
        }
        let root = find(leader, up);
        set(leader, i, root);
        root
    }
    // The last member of each (level, shape) group that read a value of the full shape from outside.
    let mut readers: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for (i, node) in graph.nodes.iter().enumerate() {
        if !get(live, i) || !fusable(graph, node) {
            continue;
        }
        let l = level.get(i).copied().unwrap_or(0);
        for a in &node.args {
            let j = a.0 as usize;
            let same = graph.ty(*a).shape == node.ty.shape && node.ty.shape.rank() > 0;
            if joins(graph, node, *a) && level.get(j) == Some(&l) {
                let (x, y) = (find(&mut leader, i), find(&mut leader, j));
                set(&mut leader, x.max(y), x.min(y));
            } else if same
                && !is_constant(graph, j)
                && let Some(other) = readers.insert((l, j), i)
            {
                let (x, y) = (find(&mut leader, i), find(&mut leader, other));
                set(&mut leader, x.max(y), x.min(y));
            }
        }
    }
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for i in (0..n).filter(|i| get(live, *i) && !is_constant(graph, *i)) {
        members.entry(find(&mut leader, i)).or_default().push(i);
    }
    members.into_values().collect()
}

/// Whether a group is run as a kernel.
fn computes(graph: &Graph, group: &[usize]) -> bool {
    let nodes = group.iter().filter_map(|i| graph.nodes.get(*i));
    nodes.into_iter().any(|n| fusable(graph, n) && !matches!(n.op, Op::Detach(_) | Op::Broadcast(_)))
}

/// Values of kernels that are only read to be added up to one number, which the kernel then does instead of writing them; and the nodes that add them up.
fn folds(graph: &Graph, live: &[bool], groups: &[Vec<usize>]) -> BTreeMap<usize, usize> {
    let mut uses = vec![0usize; graph.nodes.len()];
    let read = graph.nodes.iter().enumerate().filter(|(i, _)| get(live, *i)).flat_map(|(_, n)| &n.args);
    for v in read.chain(graph.outputs.iter().map(|(_, v)| v)) {
        uses.get_mut(v.0 as usize).into_iter().for_each(|n| *n += 1);
    }
    let mut in_kernel = vec![false; graph.nodes.len()];
    for i in groups.iter().filter(|g| computes(graph, g)).flatten() {
        set(&mut in_kernel, *i, true);
    }
    let fold = |(i, node): (usize, &Node)| {
        let (Op::Reduce(r), [of]) = (&node.op, node.args.as_slice()) else { return None };
        let (ty, of) = (graph.ty(*of), of.0 as usize);
        let whole = ty.dtype == DType::F && ty.shape.rank() > 0 && r.axes.len() == ty.shape.rank();
        let fits = whole && r.kind != ReduceKind::Max && get(&in_kernel, of) && uses.get(of) == Some(&1);
        (get(live, i) && fits).then_some((of, i))
    };
    graph.nodes.iter().enumerate().filter_map(fold).collect()
}

/// A group as a unit; groups that only rename or repeat values stay single nodes, which Burn does by views.
fn unit(graph: &Graph, group: Vec<usize>, folds: &BTreeMap<usize, usize>) -> Vec<Unit> {
    if computes(graph, &group) {
        vec![Unit::Fused(Box::new(Kernel::new(graph, group, folds)))]
    } else {
        group.into_iter().map(Unit::Node).collect()
    }
}

/// Whether the result of a node lies in the buffer of its argument.
fn views(node: &Node) -> bool {
    matches!(node.op, Op::Reshape(_) | Op::Permute(_) | Op::Slice(_) | Op::Broadcast(_) | Op::Detach(_))
}

/// Pairs of units: the first reads a value that the second overwrites a part of. `users` are the units that read each unit's results.
/// Pairs that would make a circle are left out: there the value is copied.
fn reads_before_writes(graph: &Graph, units: &[Unit], users: &[Vec<usize>]) -> Vec<(usize, usize)> {
    let written = |unit: &Unit| {
        let Unit::Node(i) = unit else { return None };
        let node = graph.nodes.get(*i).filter(|n| matches!(n.op, Op::DynUpdate(_)))?;
        node.args.first().map(|a| a.0 as usize)
    };
    let mut users = users.to_vec();
    let mut pairs = Vec::new();
    for (writer, value) in units.iter().enumerate().filter_map(|(u, unit)| Some((u, written(unit)?))) {
        // The value and its views.
        let mut same = vec![false; graph.nodes.len()];
        set(&mut same, value, true);
        for (i, node) in graph.nodes.iter().enumerate() {
            if views(node) && node.args.iter().any(|a| get(&same, a.0 as usize)) {
                set(&mut same, i, true);
            }
        }
        let after = reachable(&users, writer);
        for (reader, unit) in units.iter().enumerate() {
            if !get(&after, reader) && args(graph, unit).into_iter().any(|a| get(&same, a)) {
                pairs.push((reader, writer));
                users.get_mut(reader).into_iter().for_each(|list| list.push(writer));
            }
        }
    }
    pairs
}

/// The units that need unit `from`, itself among them.
fn reachable(users: &[Vec<usize>], from: usize) -> Vec<bool> {
    let mut found = vec![false; users.len()];
    let mut todo = vec![from];
    while let Some(u) = todo.pop() {
        if !get(&found, u) {
            set(&mut found, u, true);
            todo.extend(users.get(u).into_iter().flatten());
        }
    }
    found
}

/// Topological order that keeps to the graph's own where it can: ready units by their last node.
fn sort(graph: &Graph, units: Vec<Unit>) -> Vec<Unit> {
    let mut producer = vec![None; graph.nodes.len()];
    for (u, unit) in units.iter().enumerate() {
        results(unit).into_iter().for_each(|r| set(&mut producer, r, Some(u)));
    }
    let mut waits = vec![0usize; units.len()];
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); units.len()];
    for (u, unit) in units.iter().enumerate() {
        let mut from: Vec<usize> =
            args(graph, unit).into_iter().filter_map(|a| producer.get(a).copied().flatten()).collect();
        from.sort_unstable();
        from.dedup();
        set(&mut waits, u, from.len());
        for p in from {
            if let Some(list) = users.get_mut(p) {
                list.push(u);
            }
        }
    }
    for (reader, writer) in reads_before_writes(graph, &units, &users) {
        if let (Some(list), Some(w)) = (users.get_mut(reader), waits.get_mut(writer)) {
            list.push(writer);
            *w += 1;
        }
    }
    // What is only added up is, while it is in the cache.
    let from = |u: &Unit| match u {
        Unit::Fused(k) if k.folds.iter().all(Option::is_some) => args(graph, u),
        Unit::Fused(_) | Unit::Node(_) => results(u),
    };
    let rank: Vec<usize> = units.iter().map(|u| from(u).into_iter().max().unwrap_or(0)).collect();
    let rank_of = |u: usize| rank.get(u).copied().unwrap_or(0);
    let mut ready: BinaryHeap<Reverse<(usize, usize)>> =
        (0..units.len()).filter(|u| waits.get(*u) == Some(&0)).map(|u| Reverse((rank_of(u), u))).collect();
    let mut slots: Vec<Option<Unit>> = units.into_iter().map(Some).collect();
    let mut order = Vec::with_capacity(slots.len());
    while let Some(Reverse((_, u))) = ready.pop() {
        order.extend(slots.get_mut(u).and_then(Option::take));
        for v in users.get(u).into_iter().flatten() {
            if let Some(w) = waits.get_mut(*v) {
                *w -= 1;
                if *w == 0 {
                    ready.push(Reverse((rank_of(*v), *v)));
                }
            }
        }
    }
    order
}
