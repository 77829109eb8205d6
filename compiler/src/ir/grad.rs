//! Reverse-mode differentiation, IR → IR: adjoints are appended to the same graph, so that they can be differentiated again.
//!
//! Only nodes that lie on a differentiable path from a wanted value to the result are visited. A path ends at `Detach`, at
//! functions that are constant almost everywhere, at comparisons, casts, conditions and indices ([`OpRule::passes`]).
//!
//! [`OpRule::passes`]: super::ops::OpRule::passes

use super::formula::{Ex, Scope};
use super::graph::{Graph, Node, Value};
use super::shape::DType;
use super::value_map::ValueMap;

/// The values from which a derivative can reach `y`.
fn above(g: &Graph, y: Value) -> ValueMap<bool> {
    let mut marked = ValueMap::new(g, false);
    marked[y] = g.ty(y).dtype == DType::F;
    for (v, node) in g.iter().rev() {
        if !marked[v] {
            continue;
        }
        let rule = node.op.rule();
        for (k, &a) in node.args.iter().enumerate() {
            if rule.passes(k) && g.ty(a).dtype == DType::F {
                marked[a] = true;
            }
        }
    }
    marked
}

/// For each of `wrt`: whether there is a differentiable path from it to `y`.
pub fn grad_reach(g: &Graph, y: Value, wrt: &[Value]) -> Vec<bool> {
    let above = above(g, y);
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
    let above = above(g, y);
    let mut below = ValueMap::new(g, false);
    wrt.iter().for_each(|w| below[*w] = true);
    for (v, node) in g.iter() {
        let rule = node.op.rule();
        if node.args.iter().enumerate().any(|(k, a)| rule.passes(k) && below[*a]) {
            below[v] = true;
        }
    }
    let active = ValueMap::of(g, |(v, _)| below[v] && above[v]);

    let at = g.at;
    let mut adjoint: ValueMap<Option<Value>> = ValueMap::new(g, None);
    adjoint[y] = active[y].then_some(seed);
    for i in (0..=y.0).rev() {
        let v = Value(i);
        let Some(out) = adjoint[v] else { continue };
        let node = g.node(v).clone();
        let rule = node.op.rule();
        let wants: Vec<bool> =
            node.args.iter().enumerate().map(|(k, &a)| rule.passes(k) && active[a]).collect();
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
            adjoint[a] = Some(adjoint[a].map_or(d, |before| g.add(before, d)));
        }
    }
    g.at = at;
    wrt.iter()
        .map(|&w| match adjoint[w] {
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
