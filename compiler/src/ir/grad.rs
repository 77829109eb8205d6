//! Reverse-mode differentiation, IR → IR: adjoints are appended to the same graph, so that they can be differentiated again.
//!
//! Only nodes that lie on a differentiable path from a wanted value to the result are visited. A path ends at `Detach`, at
//! functions that are constant almost everywhere, at comparisons, casts, conditions and indices ([`OpRule::passes`]).
//!
//! [`OpRule::passes`]: super::ops::OpRule::passes

use super::formula::{Ex, Scope};
use super::graph::{Graph, Node, Value};
use super::shape::DType;

/// The values from which a derivative can reach `y`.
fn above(g: &Graph, y: Value) -> Vec<bool> {
    let mut marked = vec![false; y.0 as usize + 1];
    if g.ty(y).dtype != DType::F {
        return marked;
    }
    mark(&mut marked, y);
    for (i, node) in g.nodes.iter().enumerate().take(marked.len()).rev() {
        if !marked.get(i).copied().unwrap_or(false) {
            continue;
        }
        let rule = node.op.rule();
        for (k, &a) in node.args.iter().enumerate() {
            if rule.passes(k) && g.ty(a).dtype == DType::F {
                mark(&mut marked, a);
            }
        }
    }
    marked
}

fn mark(marked: &mut [bool], v: Value) {
    if let Some(m) = marked.get_mut(v.0 as usize) {
        *m = true;
    }
}

fn is(marked: &[bool], v: Value) -> bool {
    marked.get(v.0 as usize).copied().unwrap_or(false)
}

/// For each of `wrt`: whether there is a differentiable path from it to `y`.
pub fn grad_reach(g: &Graph, y: Value, wrt: &[Value]) -> Vec<bool> {
    let above = above(g, y);
    wrt.iter().map(|&w| is(&above, w)).collect()
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
    let above = above(g, y);
    let mut active = vec![false; above.len()];
    for &w in wrt {
        mark(&mut active, w);
    }
    for (i, node) in g.nodes.iter().enumerate().take(active.len()) {
        let rule = node.op.rule();
        if node.args.iter().enumerate().any(|(k, &a)| rule.passes(k) && is(&active, a)) {
            mark(&mut active, Value(i as u32));
        }
    }
    for (a, b) in active.iter_mut().zip(&above) {
        *a &= b;
    }

    let at = g.at;
    let mut adjoint: Vec<Option<Value>> = vec![None; active.len()];
    if is(&active, y) {
        set(&mut adjoint, y, seed);
    }
    for i in (0..=y.0).rev() {
        let v = Value(i);
        let Some(out) = get(&adjoint, v) else { continue };
        let node = g.node(v).clone();
        let rule = node.op.rule();
        let wants: Vec<bool> =
            node.args.iter().enumerate().map(|(k, &a)| rule.passes(k) && is(&active, a)).collect();
        if !wants.contains(&true) {
            continue;
        }
        g.at = node.span;
        for (&a, d) in node.args.iter().zip(adjoints(g, &node, v, out, &wants)) {
            let Some(d) = d else { continue };
            debug_assert_eq!(
                g.shape(a),
                g.shape(d),
                "the adjoint of {a} under {} has another shape",
                rule.name()
            );
            let total = match get(&adjoint, a) {
                Some(before) => g.add(before, d),
                None => d,
            };
            set(&mut adjoint, a, total);
        }
    }
    g.at = at;
    wrt.iter()
        .map(|&w| match get(&adjoint, w) {
            Some(d) => d,
            None => {
                let shape = g.shape(w);
                g.full(0.0, shape)
            }
        })
        .collect()
}

/// The adjoints of the wanted arguments of `node`, whose value is `v` and whose adjoint is `out`.
fn adjoints(g: &mut Graph, node: &Node, v: Value, out: Value, wants: &[bool]) -> Vec<Option<Value>> {
    let scope = Scope::of(g);
    let args: Vec<Ex> = node.args.iter().map(|&a| scope.ex(a)).collect();
    let adjoint = |k: usize| node.op.rule().adjoint(k, &args, scope.ex(v), scope.ex(out)).v;
    wants.iter().enumerate().map(|(k, wanted)| wanted.then(|| adjoint(k))).collect()
}

fn get(adjoint: &[Option<Value>], v: Value) -> Option<Value> {
    adjoint.get(v.0 as usize).copied().flatten()
}

fn set(adjoint: &mut [Option<Value>], v: Value, d: Value) {
    if let Some(slot) = adjoint.get_mut(v.0 as usize) {
        *slot = Some(d);
    }
}
