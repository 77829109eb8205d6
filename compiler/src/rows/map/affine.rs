//! `affine`.

use super::increasing;
use crate::event::Support;
use crate::ir::Ex;
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{MapInverse, MapRow};

row! {
    /// scale x + shift with fixed numbers; for learned ones see `actnorm` and `scale`.
    pub struct AffineMap = "affine" [SCALE, SHIFT];
}

const SCALE: ParamSpec = ParamSpec {
    name: "scale",
    kind: ArgKind::Num(1e-12, f64::INFINITY),
    default: None,
    doc: "factor, positive (flip with `neg`)",
};

const SHIFT: ParamSpec = ParamSpec {
    name: "shift",
    kind: ArgKind::Num(f64::NEG_INFINITY, f64::INFINITY),
    default: Some("0"),
    doc: "added afterwards",
};

impl MapRow for AffineMap {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::REALS
    }
    fn image(&self, args: &Args, support: Support) -> Support {
        let (a, b) = (args.num("scale"), args.num("shift"));
        increasing(support, |x| a * x + b)
    }
    fn lower<'g>(&self, args: &Args, x: Ex<'g>) -> Ex<'g> {
        x * args.num("scale") + args.num("shift")
    }
    fn keeps_volume(&self, args: &Args) -> bool {
        args.num("scale") == 1.0
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse {
            inverse: |args, y| (y - args.num("shift")) * (1.0 / args.num("scale")),
            log_slope: |args, x| x.filled(args.num("scale").ln()),
        })
    }
}
