//! `leaky_relu`.

use super::increasing;
use crate::event::Support;
use crate::ir::{Binary, Graph, Unary, Value};
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{MapInverse, MapRow, Row};

/// The row.
pub struct LeakyReluMap;

impl Row for LeakyReluMap {
    fn name(&self) -> &'static str {
        "leaky_relu"
    }
    fn doc(&self) -> &'static str {
        "x where x > 0, else slope x. Unlike `relu` it can be inverted. (Maas, Hannun and Ng 2013.)"
    }
    fn params(&self) -> &'static [ParamSpec] {
        &[ParamSpec {
            name: "slope",
            kind: ArgKind::Num(1e-6, 1.0),
            default: Some("0.01"),
            doc: "slope below zero",
        }]
    }
}

impl MapRow for LeakyReluMap {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::REALS
    }
    fn image(&self, args: &Args, support: Support) -> Support {
        let slope = args.num("slope");
        increasing(support, |x| if x > 0.0 { x } else { slope * x })
    }
    fn lower(&self, g: &mut Graph, args: &Args, x: Value) -> Value {
        // The slope is at most 1, so the larger of the two is the right one on either side.
        let low = g.mul_c(x, args.num("slope"));
        g.binary(Binary::Max, x, low)
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse {
            inverse: |g, args, y| {
                let low = g.mul_c(y, 1.0 / args.num("slope"));
                g.binary(Binary::Min, y, low)
            },
            log_slope: |g, args, x| {
                let l = args.num("slope").ln();
                let positive = g.unary(Unary::Step, x);
                let drop = g.mul_c(positive, -l);
                g.add_c(drop, l)
            },
        })
    }
    fn smooth(&self) -> bool {
        false
    }
}
