//! The trained scale and shift behind a normalisation, and the arguments that all of them share.

use super::super::args::{ArgKind, ParamSpec};
use super::super::{Builder, Env, ParamDecl, init};
use super::parts::per_channel;
use crate::ir::Value;

/// The `affine` argument.
pub const PARAM: ParamSpec = ParamSpec {
    name: "affine",
    kind: ArgKind::Word(&["true", "false"]),
    default: Some("true"),
    doc: "whether a trained scale and shift for each coordinate or channel follow",
};

/// The `eps` argument.
pub const EPS: ParamSpec = ParamSpec {
    name: "eps",
    kind: ArgKind::Num(0.0, 1.0),
    default: Some("1e-5"),
    doc: "added to the variance",
};

/// `scale` (1 at the start) and `shift` (0), each `[n]`.
pub fn params(on: bool, n: usize) -> Vec<ParamDecl> {
    if !on {
        return Vec::new();
    }
    vec![
        ParamDecl { name: "scale".into(), shape: vec![n], init: init::ones(), trainable: true },
        ParamDecl { name: "shift".into(), shape: vec![n], init: init::zeros(), trainable: true },
    ]
}

/// x · scale + shift along axis 1 of `[B, n, ..]`.
pub fn lower(cx: &mut Builder, env: &Env, on: bool, n: usize, x: Value) -> Value {
    if !on {
        return x;
    }
    let rank = cx.rank(x);
    let scale = cx.param(env, "scale", &[n]);
    let shift = cx.param(env, "shift", &[n]);
    let scale = per_channel(cx, scale, rank);
    let shift = per_channel(cx, shift, rank);
    let y = cx.mul(x, scale);
    cx.add(y, shift)
}
