//! `affine`.

use crate::event::Support;
use crate::ir::{Graph, Value};
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{MapInverse, MapRow, Row};

/// The row.
pub struct AffineMap;

impl Row for AffineMap {
    fn name(&self) -> &'static str {
        "affine"
    }
    fn doc(&self) -> &'static str {
        "scale x + shift with fixed numbers; for learned ones see `actnorm` and `scale`."
    }
    fn params(&self) -> &'static [ParamSpec] {
        &[
            ParamSpec {
                name: "scale",
                kind: ArgKind::Num(1e-12, f64::INFINITY),
                default: None,
                doc: "factor, positive (flip with `neg`)",
            },
            ParamSpec {
                name: "shift",
                kind: ArgKind::Num(f64::NEG_INFINITY, f64::INFINITY),
                default: Some("0"),
                doc: "added afterwards",
            },
        ]
    }
}

impl MapRow for AffineMap {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::REALS
    }
    fn image(&self, args: &Args, support: Support) -> Support {
        let (a, b) = (args.num("scale"), args.num("shift"));
        match support {
            Support::Interval { lo, hi } => Support::Interval { lo: a * lo + b, hi: a * hi + b },
            Support::Simplex => Support::Interval { lo: b, hi: a + b },
        }
    }
    fn lower(&self, g: &mut Graph, args: &Args, x: Value) -> Value {
        let y = g.mul_c(x, args.num("scale"));
        g.add_c(y, args.num("shift"))
    }
    fn keeps_volume(&self, args: &Args) -> bool {
        args.num("scale") == 1.0
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse {
            inverse: |g, args, y| {
                let x = g.add_c(y, -args.num("shift"));
                g.mul_c(x, 1.0 / args.num("scale"))
            },
            log_slope: |g, args, x| g.full(args.num("scale").ln(), g.shape(x)),
        })
    }
}
