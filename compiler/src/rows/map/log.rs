//! `log`.

use super::increasing;
use crate::event::Support;
use crate::ir::{Graph, Value};
use crate::rows::args::Args;
use crate::rows::{MapInverse, MapRow, Row};

/// The row.
pub struct LogMap;

impl Row for LogMap {
    fn name(&self) -> &'static str {
        "log"
    }
    fn doc(&self) -> &'static str {
        "Natural logarithm. Takes the positive numbers to the reals."
    }
}

impl MapRow for LogMap {
    fn from(&self) -> Support {
        Support::POSITIVE
    }
    fn to(&self) -> Support {
        Support::REALS
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        increasing(support, f64::ln)
    }
    fn lower(&self, g: &mut Graph, _args: &Args, x: Value) -> Value {
        g.log(x)
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse {
            inverse: |g, _, y| g.exp(y),
            log_slope: |g, _, x| {
                let l = g.log(x);
                g.neg(l)
            },
        })
    }
}
