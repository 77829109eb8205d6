//! The trained scale and shift behind a normalisation, and the arguments that all of them share.

use super::LowerCx;
use super::parts::per_channel;
use super::require::flag;
use crate::ir::Ex;
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{Init, ParamDecl};

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

/// x · scale + shift along axis 1 of `[B, n, ..]`, or the identity where it was not asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScaleShift {
    on: bool,
    n: usize,
}

impl ScaleShift {
    /// For `n` coordinates or channels, as the arguments say.
    pub fn of(args: &Args, n: usize) -> ScaleShift {
        ScaleShift { on: flag(args, PARAM.name), n }
    }
    /// `scale` (1 at the start) and `shift` (0), each `[n]`.
    pub fn params(self) -> Vec<ParamDecl> {
        let decl = |(name, init): (&str, Init)| ParamDecl::trained(name, &[self.n], init);
        [("scale", Init::ONES), ("shift", Init::ZEROS)].map(decl).into_iter().filter(|_| self.on).collect()
    }
    /// Its value.
    pub fn lower<'g>(self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Ex<'g> {
        self.lower_along(cx, x, 1)
    }
    /// The same along another axis of `x`: axis 1, or the last one.
    pub fn lower_along<'g>(self, cx: LowerCx<'g, '_>, x: Ex<'g>, axis: usize) -> Ex<'g> {
        if !self.on {
            return x;
        }
        let wide = |p: Ex<'g>| if axis == 1 { per_channel(p, x.rank()) } else { p.lift(x.rank()) };
        let [scale, shift] = ["scale", "shift"].map(|name| cx.param(name, &[self.n])).map(wide);
        x * scale + shift
    }
}
