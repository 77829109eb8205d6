//! `elu`.

use super::increasing;
use crate::event::Support;
use crate::ir::{Binary, Graph, Unary, Value};
use crate::rows::args::Args;
use crate::rows::{MapInverse, MapRow, Row};

/// The row.
pub struct EluMap;

impl Row for EluMap {
    fn name(&self) -> &'static str {
        "elu"
    }
    fn doc(&self) -> &'static str {
        "x where x > 0, else e^x - 1. (Clevert, Unterthiner and Hochreiter 2016, eq. 15, alpha = 1.)"
    }
}

impl MapRow for EluMap {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::Interval { lo: -1.0, hi: f64::INFINITY }
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        increasing(support, |x| if x > 0.0 { x } else { x.exp_m1() })
    }
    fn lower(&self, g: &mut Graph, _args: &Args, x: Value) -> Value {
        let p = g.unary(Unary::Relu, x);
        let zero = g.scalar(0.0);
        let n = g.binary(Binary::Min, x, zero);
        let e = g.unary(Unary::Expm1, n);
        g.add(p, e)
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse {
            inverse: |g, _, y| {
                let p = g.unary(Unary::Relu, y);
                let zero = g.scalar(0.0);
                let n = g.binary(Binary::Min, y, zero);
                let l = g.unary(Unary::Log1p, n);
                g.add(p, l)
            },
            log_slope: |g, _, x| {
                let zero = g.scalar(0.0);
                g.binary(Binary::Min, x, zero)
            },
        })
    }
}
