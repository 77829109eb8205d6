//! `exp`.

use super::increasing;
use crate::event::Support;
use crate::ir::{Graph, Value};
use crate::rows::args::Args;
use crate::rows::{MapInverse, MapRow, Row};

/// The row.
pub struct ExpMap;

impl Row for ExpMap {
    fn name(&self) -> &'static str {
        "exp"
    }
    fn doc(&self) -> &'static str {
        "e^x. Takes the reals to the positive numbers."
    }
}

impl MapRow for ExpMap {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::POSITIVE
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        increasing(support, f64::exp)
    }
    fn lower(&self, g: &mut Graph, _args: &Args, x: Value) -> Value {
        g.exp(x)
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse {
            inverse: |g, _, y| g.log(y),
            log_slope: |g, _, x| {
                let _ = g;
                x
            },
        })
    }
}
