//! `expm1`.

use super::increasing;
use crate::event::Support;
use crate::ir::{Graph, Unary, Value};
use crate::rows::args::Args;
use crate::rows::{MapInverse, MapRow, Row};

/// The row.
pub struct Expm1Map;

impl Row for Expm1Map {
    fn name(&self) -> &'static str {
        "expm1"
    }
    fn doc(&self) -> &'static str {
        "e^x - 1, exact for small x."
    }
}

impl MapRow for Expm1Map {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::Interval { lo: -1.0, hi: f64::INFINITY }
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        increasing(support, f64::exp_m1)
    }
    fn lower(&self, g: &mut Graph, _args: &Args, x: Value) -> Value {
        g.unary(Unary::Expm1, x)
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse {
            inverse: |g, _, y| g.unary(Unary::Log1p, y),
            log_slope: |g, _, x| {
                let _ = g;
                x
            },
        })
    }
}
