//! `recip`.

use super::ends;
use crate::event::Support;
use crate::ir::{Graph, Unary, Value};
use crate::rows::args::Args;
use crate::rows::{MapInverse, MapRow, Row};

/// The row.
pub struct RecipMap;

impl Row for RecipMap {
    fn name(&self) -> &'static str {
        "recip"
    }
    fn doc(&self) -> &'static str {
        "1 / x of a positive number."
    }
}

impl MapRow for RecipMap {
    fn from(&self) -> Support {
        Support::POSITIVE
    }
    fn to(&self) -> Support {
        Support::POSITIVE
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        let (lo, hi) = ends(support);
        Support::Interval { lo: hi.recip(), hi: lo.recip() }
    }
    fn lower(&self, g: &mut Graph, _args: &Args, x: Value) -> Value {
        g.unary(Unary::Recip, x)
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse {
            inverse: |g, _, y| g.unary(Unary::Recip, y),
            log_slope: |g, _, x| {
                let l = g.log(x);
                g.mul_c(l, -2.0)
            },
        })
    }
}
