//! Reverse-mode differentiation, IR → IR: adjoints are appended to the same graph, so that they can be differentiated again.
//!
//! Only nodes that lie on a differentiable path from a wanted value to the result are visited. A path ends at `Detach`, at
//! functions that are constant almost everywhere, at comparisons, casts, conditions and indices ([`OpRule::passes`]).
//!
//! [`OpRule::passes`]: super::ops::OpRule::passes

use super::formula::{Ex, Scope};
use super::graph::{Graph, Node, Value};
use super::loop_grad;
use super::op::{Binary, Op};
use super::shape::DType;
use super::value_map::ValueMap;
use std::collections::BTreeMap;

/// The values from which a derivative can reach one of `ys`.
pub(super) fn above(g: &Graph, ys: &[Value]) -> ValueMap<bool> {
    let mut marked = ValueMap::new(g, false);
    ys.iter().for_each(|y| marked[*y] = g.ty(*y).dtype == DType::F);
    let mut results: BTreeMap<Value, Vec<usize>> = BTreeMap::new();
    for (v, node) in g.iter().rev() {
        let later = results.remove(&v).unwrap_or_default();
        let mark = |marked: &mut ValueMap<bool>, passes: &dyn Fn(usize) -> bool| {
            for (k, &a) in node.args.iter().enumerate() {
                if g.ty(a).dtype == DType::F && passes(k) {
                    marked[a] = true;
                }
            }
        };
        if let (Op::LoopResult(r), [of]) = (&node.op, node.args.as_slice()) {
            if marked[v] {
                results.entry(*of).or_default().push(r.k);
            }
        } else if let Op::Loop(l) = &node.op {
            let wanted = |k: usize| (k == 0 && marked[v]) || later.contains(&k);
            let wanted: Vec<bool> = (0..l.body.outputs.len()).map(wanted).collect();
            if wanted.contains(&true) {
                let reached = l.reached(&wanted);
                marked[v] = true;
                mark(&mut marked, &|k| reached.get(k) == Some(&true));
            }
        } else if marked[v] {
            let rule = node.op.rule();
            mark(&mut marked, &|k| rule.passes(k));
        }
    }
    marked
}

/// For each of `wrt`: whether there is a differentiable path from it to `y`.
pub fn grad_reach(g: &Graph, y: Value, wrt: &[Value]) -> Vec<bool> {
    let above = above(g, &[y]);
    wrt.iter().map(|&w| above[w]).collect()
}

/// For each of `wrt`: whether `y` is computed from it, differentiably or not.
pub fn reads(g: &Graph, y: Value, wrt: &[Value]) -> Vec<bool> {
    let mut marked = ValueMap::new(g, false);
    marked[y] = true;
    for (v, node) in g.iter().rev() {
        if marked[v] {
            node.args.iter().for_each(|&a| marked[a] = true);
        }
    }
    wrt.iter().map(|&w| marked[w]).collect()
}

/// ∂y/∂w for each `w` of `wrt`, in the shape of `w`; zeros where no path leads to `y`.
///
/// # Panics
/// When `y` is not of rank 0, which is a bug of the caller.
pub fn grad(g: &mut Graph, y: Value, wrt: &[Value]) -> Vec<Value> {
    assert_eq!(g.rank(y), 0, "internal: graph `{}`: {y} of {} has no gradient", g.name, g.ty(y));
    let seed = g.scalar(1.0);
    vjp(g, y, seed, wrt)
}

/// Σ seed · ∂y/∂w for each `w` of `wrt`, in the shape of `w`. `seed` has the shape of `y`.
///
/// # Panics
/// When `seed` has another shape than `y`, which is a bug of the caller.
pub fn vjp(g: &mut Graph, y: Value, seed: Value, wrt: &[Value]) -> Vec<Value> {
    assert_eq!(g.shape(y), g.shape(seed), "internal: graph `{}`: the seed of {y} has another shape", g.name);
    let made = pulled(g, &[(y, seed)], wrt);
    let zeros = |g: &mut Graph, w: Value| {
        let shape = g.shape(w);
        g.full(0.0, shape)
    };
    made.into_iter().zip(wrt).map(|(d, &w)| d.unwrap_or_else(|| zeros(g, w))).collect()
}

/// Σ over the pairs (y, seed) of seed · ∂y/∂w for each `w` of `wrt`; `None` where no path leads to any y. A loop on the way gets further
/// outputs, which its derivative reads.
pub(super) fn pulled(g: &mut Graph, seeds: &[(Value, Value)], wrt: &[Value]) -> Vec<Option<Value>> {
    let ys: Vec<Value> = seeds.iter().map(|(y, _)| *y).collect();
    let active = active(g, &ys, wrt);
    let at = g.at;
    let mut adjoint: ValueMap<Option<Value>> = ValueMap::new(g, None);
    let mut results: BTreeMap<Value, BTreeMap<usize, Value>> = BTreeMap::new();
    for &(y, seed) in seeds.iter().filter(|(y, _)| active[*y]) {
        adjoint[y] = Some(accumulated(g, adjoint[y], seed));
    }
    let last = ys.iter().map(|y| y.0 + 1).max().unwrap_or(0);
    for v in (0..last).rev().map(Value) {
        let node = g.node(v).clone();
        let mut later = results.remove(&v).unwrap_or_default();
        g.at = node.span;
        let made = match (&node.op, adjoint[v]) {
            (Op::LoopResult(r), Some(out)) => {
                if let Some(of) = node.args.first() {
                    credit(g, results.entry(*of).or_default(), r.k, out);
                }
                continue;
            }
            (Op::Loop(_), out) => {
                if let Some(out) = out {
                    credit(g, &mut later, 0, out);
                }
                let wants: Vec<bool> = node.args.iter().map(|a| active[*a]).collect();
                if later.is_empty() || !wants.contains(&true) {
                    continue;
                }
                loop_grad::adjoints(g, v, &later, &wants)
            }
            (op, Some(out)) => {
                let passes = |k: usize, a: Value| active[a] && op.rule().passes(k);
                let wants: Vec<bool> = node.args.iter().enumerate().map(|(k, &a)| passes(k, a)).collect();
                adjoints(g, &node, v, out, &wants)
            }
            (_, None) => continue,
        };
        for (&a, d) in node.args.iter().zip(made) {
            let Some(d) = d else { continue };
            let name = node.op.rule().name();
            debug_assert_eq!(g.shape(a), g.shape(d), "the adjoint of {a} under {name} has another shape");
            adjoint[a] = Some(accumulated(g, adjoint[a], d));
        }
    }
    g.at = at;
    wrt.iter().map(|w| adjoint[*w]).collect()
}

/// The values on a differentiable path from one of `wrt` to one of `ys`.
fn active(g: &Graph, ys: &[Value], wrt: &[Value]) -> ValueMap<bool> {
    let above = above(g, ys);
    let mut below = ValueMap::new(g, false);
    wrt.iter().for_each(|w| below[*w] = true);
    for (v, node) in g.iter() {
        let rule = node.op.rule();
        if node.args.iter().enumerate().any(|(k, a)| below[*a] && rule.passes(k)) {
            below[v] = true;
        }
    }
    let active = ValueMap::of(g, |(v, _)| below[v] && above[v]);
    // The result of a loop stands in for the loop.
    ValueMap::of(g, |(v, node)| {
        let of = node.args.first().filter(|_| matches!(node.op, Op::LoopResult(_)));
        active[v] || (above[v] && of.is_some_and(|a| active[*a]))
    })
}

/// One adjoint more of result `k` of a loop.
fn credit(g: &mut Graph, results: &mut BTreeMap<usize, Value>, k: usize, d: Value) {
    let sum = accumulated(g, results.get(&k).copied(), d);
    results.insert(k, sum);
}

/// The parts of a sum that is 0 but for a part: x and y of `dyn_update(0, x)`.
fn written(g: &Graph, v: Value) -> Option<(Value, &super::op::DynUpdate)> {
    let node = g.node(v);
    match (&node.op, node.args.as_slice()) {
        (Op::DynUpdate(u), [x, y]) if g.constant(*x) == Some(0.0) => Some((*y, u)),
        _ => None,
    }
}

/// One adjoint more. What is 0 but for the part at the place of an iteration is added there only, so that a sum over all iterations costs
/// as much as its parts.
pub(super) fn accumulated(g: &mut Graph, before: Option<Value>, d: Value) -> Value {
    let Some(before) = before else { return d };
    let node = g.node(d);
    if let (Op::Binary(Binary::Add), &[a, b]) = (&node.op, node.args.as_slice())
        && (written(g, a).is_some() || written(g, b).is_some())
    {
        let sum = accumulated(g, Some(before), a);
        return accumulated(g, Some(sum), b);
    }
    let (to, part) = match (written(g, d), written(g, before)) {
        (Some(part), _) => (before, Some(part)),
        (None, Some(part)) => (d, Some(part)),
        (None, None) => (before, None),
    };
    let Some((y, update)) = part else { return g.add(before, d) };
    let update = update.clone();
    let lens: Vec<usize> = update.axes.iter().map(|a| g.ty(y).shape.0.get(*a).map_or(0, |d| d.n)).collect();
    let here = g.dyn_slice(to, &update.axes, &lens, &update.at);
    let sum = g.add(here, y);
    g.dyn_update(to, sum, &update.axes, &update.at)
}

/// The adjoints of the wanted arguments of `node`, whose value is `v` and whose adjoint is `out`.
fn adjoints(g: &mut Graph, node: &Node, v: Value, out: Value, wants: &[bool]) -> Vec<Option<Value>> {
    let scope = Scope::of(g);
    let args: Vec<Ex> = node.args.iter().map(|&a| scope.ex(a)).collect();
    let adjoint = |k: usize| node.op.rule().adjoint(k, &args, scope.ex(v), scope.ex(out)).v;
    wants.iter().enumerate().map(|(k, wanted)| wanted.then(|| adjoint(k))).collect()
}
