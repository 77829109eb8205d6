//! Free parameters: reals without bounds, mapped into the range that the spec gives them.

use super::Leaf;
use super::score::{baseline_path, scored};
use crate::event::{Kind, Support};
use crate::ir::interp::{self, Env};
use crate::ir::{Ex, Graph, Role, Scope, Shape, Tensor64};
use crate::rows::estimator::Baseline;
use crate::rows::{Init, ParamDecl};
use crate::types::{TNet, TParam, Typed};
use std::collections::BTreeMap;

/// Whether what stands at `path` belongs to `owner`, a net, flow, param or guide.
pub(super) fn belongs(path: &str, owner: &str) -> bool {
    path == owner || path.strip_prefix(owner).is_some_and(|rest| rest.starts_with('.'))
}

/// Every parameter and state of the spec, in the order of the text.
pub(super) fn leaves(typed: &Typed) -> Vec<Leaf> {
    let of = |owner: &str, decls: Vec<ParamDecl>| {
        let leaf = |d: ParamDecl| Leaf {
            path: format!("{owner}.{}", d.name),
            shape: d.shape,
            trainable: d.trainable,
            init: d.init,
            given: None,
        };
        decls.into_iter().map(leaf).collect::<Vec<_>>()
    };
    let of_net = |n: &TNet| {
        let mut all = of(&n.name, n.chain.params());
        if let Some(frozen) = &n.frozen {
            for leaf in &mut all {
                leaf.trainable = false;
                let name = leaf.path.strip_prefix(n.name.as_str()).and_then(|p| p.strip_prefix('.'));
                leaf.given = name.and_then(|name| frozen.values.get(name).cloned());
            }
        }
        all
    };
    let mut all: Vec<Leaf> = typed.nets.iter().flat_map(of_net).collect();
    all.extend(typed.flows.iter().flat_map(|f| of(&f.name, f.chain.params())));
    for p in typed.params.iter().filter(|p| p.each.is_none()) {
        let raw = unconstrained(p.init, p.ty.kind.support());
        let init = p.drawn.as_ref().map_or(Init::Constant(raw), |(_, init)| init.clone());
        all.push(Leaf {
            path: p.name.clone(),
            shape: p.ty.shape.clone(),
            trainable: true,
            init,
            given: None,
        });
    }
    let moving = |b: &Baseline| *b == Baseline::Moving;
    for g in typed.models.iter().filter(|m| m.guide && scored(m).iter().any(|(_, b)| moving(b))) {
        all.push(Leaf {
            path: baseline_path(g),
            shape: Vec::new(),
            trainable: false,
            init: Init::ZEROS,
            given: None,
        });
    }
    all
}

/// The real number whose image under [`constrained`] is `x`.
fn unconstrained(x: f64, support: Support) -> f64 {
    let (lo, hi) = support.ends();
    match (support, lo.is_finite(), hi.is_finite()) {
        // All parts start equal: their logits are.
        (Support::Simplex { .. }, ..) => 0.0,
        (_, false, false) => x,
        (_, true, true) => ((x - lo) / (hi - x)).ln(),
        (_, true, false) => (x - lo).ln(),
        (_, false, true) => (hi - x).ln(),
    }
}

/// The values of a `param` as the model means them, of what is kept of it: real numbers without bounds. `None` where these are its values.
pub fn meant(p: &TParam, raw: &[f32]) -> Option<Vec<f32>> {
    let Kind::Real(support) = p.ty.kind else { return None };
    let (lo, hi) = support.ends();
    if lo.is_infinite() && hi.is_infinite() {
        return None;
    }
    let mut g = Graph::new("meant");
    // A vector along the last axis may be mapped as a whole.
    let last = p.ty.shape.last().copied().unwrap_or(1).max(1);
    let dims = [raw.len() / last, last];
    let shape = Shape::fixed(&dims);
    let x = g.input(&p.name, Role::Param, shape);
    let y = constrained(Scope::of(&mut g).ex(x), support).v;
    g.output("meant", y);
    let kept = Tensor64 { dims: dims.to_vec(), data: raw.iter().map(|x| f64::from(*x)).collect() };
    let env =
        Env { batch: 1, inputs: BTreeMap::from([(p.name.clone(), kept)]), random: &|_, _, _| Vec::new() };
    let out = interp::run(&g, &env).ok()?;
    out.into_iter().next().map(|(_, t)| t.data.iter().map(|x| *x as f32).collect())
}

/// Reals mapped into an interval; vectors along the last axis onto a simplex, as logits.
pub(super) fn constrained(raw: Ex<'_>, support: Support) -> Ex<'_> {
    let (lo, hi) = support.ends();
    match (support, lo.is_finite(), hi.is_finite()) {
        (Support::Simplex { .. }, ..) => raw.log_softmax(raw.last_axis()).exp(),
        (_, false, false) => raw,
        (_, true, true) => raw.sigmoid() * (hi - lo) + lo,
        (_, true, false) => raw.exp() + lo,
        (_, false, true) => -raw.exp() + hi,
    }
}
