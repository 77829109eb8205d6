//! `log1p`.

use super::increasing;
use crate::event::Support;
use crate::ir::{Graph, Unary, Value};
use crate::rows::args::Args;
use crate::rows::{MapInverse, MapRow, Row};

/// The row.
pub struct Log1pMap;

impl Row for Log1pMap {
    fn name(&self) -> &'static str {
        "log1p"
    }
    fn doc(&self) -> &'static str {
        "ln(1 + x), exact for small x."
    }
}

impl MapRow for Log1pMap {
    fn from(&self) -> Support {
        Support::Interval { lo: -1.0, hi: f64::INFINITY }
    }
    fn to(&self) -> Support {
        Support::REALS
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        increasing(support, f64::ln_1p)
    }
    fn lower(&self, g: &mut Graph, _args: &Args, x: Value) -> Value {
        g.unary(Unary::Log1p, x)
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse {
            inverse: |g, _, y| g.unary(Unary::Expm1, y),
            log_slope: |g, _, x| {
                let l = g.unary(Unary::Log1p, x);
                g.neg(l)
            },
        })
    }
}
