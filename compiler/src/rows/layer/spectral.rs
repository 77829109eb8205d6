//! Spectral normalisation (Miyato et al. 2018): a weight divided by an estimate of its largest singular value, from one step of
//! power iteration per training step on a vector that is kept as state.

use super::super::args::{ArgKind, Args, ParamSpec};
use super::super::{Builder, Env, ParamDecl, init};
use super::parts::unit_length;
use crate::ir::{Shape, Value};

/// The `norm` argument of layers with a weight.
pub const PARAM: ParamSpec = ParamSpec {
    name: "norm",
    kind: ArgKind::Word(&["none", "spectral"]),
    default: Some("none"),
    doc: "`spectral` divides the weight by its largest singular value (Miyato et al. 2018)",
};

/// Whether it was asked for.
pub fn wanted(args: &Args) -> bool {
    args.word(PARAM.name) == "spectral"
}

/// The left singular vector that is iterated on.
pub fn state(prefix: &str, rows: usize) -> ParamDecl {
    ParamDecl { name: format!("{prefix}u"), shape: vec![rows], init: init::normal(1.0), trainable: false }
}

/// W/σ in the shape of `w`, with σ = uᵀ M v, where M is `w` as a matrix of `matrix` = [rows, columns], v = Mᵀu / ‖Mᵀu‖ and
/// u = Mv / ‖Mv‖ (Algorithm 1). u and v are constants of the derivative.
///
/// Where one program uses the layer more than once, each use iterates on from the one before.
pub fn lower(cx: &mut Builder, env: &Env, prefix: &str, w: Value, matrix: [usize; 2]) -> Value {
    let [rows, _] = matrix;
    let name = format!("{prefix}u");
    let kept = cx.state(env, &name, &[rows]);
    let u0 = cx.state_updates.get(&format!("{}.{name}", env.path)).copied().unwrap_or(kept);
    let m = cx.reshape(w, Shape::fixed(&matrix));
    let fixed = cx.detach(m);
    let u0 = cx.reshape(u0, Shape::fixed(&[1, rows]));
    let v = cx.matmul(u0, fixed);
    let v = unit_length(cx, v);
    let back = cx.transpose(fixed);
    let u = cx.matmul(v, back);
    let u = unit_length(cx, u);
    let u = cx.detach(u);
    let v = cx.detach(v);
    let um = cx.matmul(u, m);
    let umv = cx.mul(um, v);
    let sigma = cx.sum_all(umv);
    let next = cx.reshape(u, Shape::fixed(&[rows]));
    cx.set_state(env, &name, next);
    cx.div(w, sigma)
}
