//! When values are made and dropped, and what a run costs.
//!
//! The executor runs nodes in order and drops a value after its last use; memory is known before the run.

use super::graph::{Graph, Node, Value};
use super::op::Op;
use super::shape::DType;
use std::collections::BTreeMap;

/// For each node: the values to drop after it. Outputs are never dropped; a value that nothing uses is dropped after itself.
pub fn last_uses(g: &Graph) -> Vec<Vec<Value>> {
    let mut last: Vec<Option<usize>> = (0..g.nodes.len()).map(Some).collect();
    for (i, node) in g.nodes.iter().enumerate() {
        for a in &node.args {
            if let Some(slot) = last.get_mut(a.0 as usize) {
                *slot = Some(i);
            }
        }
    }
    for (_, v) in &g.outputs {
        if let Some(slot) = last.get_mut(v.0 as usize) {
            *slot = None;
        }
    }
    let mut drops = vec![Vec::new(); g.nodes.len()];
    for (v, at) in last.iter().enumerate() {
        if let Some(list) = at.and_then(|at| drops.get_mut(at)) {
            list.push(Value(v as u32));
        }
    }
    drops
}

/// Bytes of a value at this batch: 4 for `F`, 8 for `I`, 1 for `B`. Inputs are counted too: they are resident while used.
fn bytes(node: &Node, batch: usize) -> usize {
    let element = match node.ty.dtype {
        DType::F => 4,
        DType::I => 8,
        DType::B => 1,
    };
    node.ty.shape.size(batch).saturating_mul(element)
}

/// The most bytes alive at once, were every value materialised (views make it less).
pub fn peak_bytes(g: &Graph, batch: usize) -> usize {
    let (mut now, mut peak) = (0usize, 0usize);
    for (node, drops) in g.nodes.iter().zip(last_uses(g)) {
        now = now.saturating_add(bytes(node, batch));
        peak = peak.max(now);
        for v in drops {
            now = now.saturating_sub(bytes(g.node(v), batch));
        }
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
    let reordered = permuted(g, &greedy(g, batch));
    if peak_bytes(&reordered, batch) < peak_bytes(g, batch) { reordered } else { g.clone() }
}

fn greedy(g: &Graph, batch: usize) -> Vec<usize> {
    let size: Vec<usize> = g.nodes.iter().map(|n| bytes(n, batch)).collect();
    let at = |v: &Value| v.0 as usize;
    let leaf: Vec<bool> = g.nodes.iter().map(|n| n.args.is_empty()).collect();
    // Uses of each value still to come; outputs have one that never comes.
    let mut uses = vec![0usize; g.nodes.len()];
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); g.nodes.len()];
    let mut waiting = vec![0usize; g.nodes.len()];
    for (i, node) in g.nodes.iter().enumerate() {
        let mut args: Vec<usize> = node.args.iter().map(at).collect();
        args.sort_unstable();
        args.dedup();
        for a in args {
            uses[a] += 1;
            users[a].push(i);
            waiting[i] += usize::from(!leaf[a]);
        }
    }
    for (_, v) in &g.outputs {
        uses[at(v)] += 1;
    }
    let mut ready: Vec<usize> = (0..g.nodes.len()).filter(|&i| !leaf[i] && waiting[i] == 0).collect();
    let mut placed = vec![false; g.nodes.len()];
    let mut order = Vec::with_capacity(g.nodes.len());
    let distinct = |i: usize| {
        let mut args: Vec<usize> = g.nodes[i].args.iter().map(at).collect();
        args.sort_unstable();
        args.dedup();
        args
    };
    while !ready.is_empty() {
        let growth = |i: usize| {
            let args = distinct(i);
            let freed: usize = args.iter().filter(|&&a| uses[a] == 1).map(|&a| size[a]).sum();
            let placed_now: usize = args.iter().filter(|&&a| leaf[a] && !placed[a]).map(|&a| size[a]).sum();
            (size[i] + placed_now) as i128 - freed as i128
        };
        let Some(best) = ready.iter().enumerate().min_by_key(|&(_, &i)| (growth(i), i)).map(|(k, _)| k)
        else {
            break;
        };
        let i = ready.swap_remove(best);
        for a in distinct(i) {
            if leaf[a] && !placed[a] {
                placed[a] = true;
                order.push(a);
            }
            uses[a] -= 1;
        }
        placed[i] = true;
        order.push(i);
        for &u in &users[i] {
            waiting[u] -= 1;
            if waiting[u] == 0 {
                ready.push(u);
            }
        }
    }
    order.extend((0..g.nodes.len()).filter(|&i| !placed[i]));
    order
}

/// The graph with its nodes in this order, which defines before it uses.
fn permuted(g: &Graph, order: &[usize]) -> Graph {
    let new: BTreeMap<u32, Value> =
        order.iter().enumerate().map(|(k, &i)| (i as u32, Value(k as u32))).collect();
    let rename = |v: &Value| new.get(&v.0).copied().unwrap_or(*v);
    let nodes = order.iter().filter_map(|&i| g.nodes.get(i));
    let nodes = nodes.map(|n| Node { args: n.args.iter().map(rename).collect(), ..n.clone() }).collect();
    g.with(nodes, g.outputs.iter().map(|(name, v)| (name.clone(), rename(v))).collect())
}

/// How many nodes of each op there are, for reports.
pub fn census(g: &Graph) -> BTreeMap<&'static str, usize> {
    let mut count = BTreeMap::new();
    for node in g.nodes.iter().filter(|n| !matches!(n.op, Op::Input(_))) {
        *count.entry(node.op.rule().name()).or_insert(0) += 1;
    }
    count
}
