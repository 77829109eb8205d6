//! Spectral normalisation (Miyato et al. 2018): a weight divided by an estimate of its largest singular value, from one step of
//! power iteration per training step on a vector that is kept as state.

use super::LowerCx;
use super::parts::unit_length;
use crate::ir::{Ex, Shape};
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{Init, ParamDecl};

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
    ParamDecl::state(format!("{prefix}u"), &[rows], Init::Normal(1.0))
}

/// `w` divided by its largest singular value as a matrix of `[rows, columns]` (algorithm 1 of the paper); the singular vectors are
/// constants of the derivative. Where one program uses the layer more than once, each use iterates on from the one before.
pub fn normalised<'g>(cx: LowerCx<'g, '_>, prefix: &str, w: Ex<'g>, [rows, columns]: [usize; 2]) -> Ex<'g> {
    let name = format!("{prefix}u");
    let kept = cx.latest_state(&name, &[rows]);
    let m = w.reshape(Shape::fixed(&[rows, columns]));
    let fixed = m.detach();
    let v = unit_length(kept.reshape(Shape::fixed(&[1, rows])).matmul(fixed));
    let u = unit_length(v.matmul(fixed.transpose()));
    let (u, v) = (u.detach(), v.detach());
    let sigma = (u.matmul(m) * v).sum_all();
    cx.set_state(&name, u.reshape(Shape::fixed(&[rows])));
    w / sigma
}
