//! `identity`.

use super::increasing;
use crate::event::Support;
use crate::ir::{Graph, Value};
use crate::rows::args::Args;
use crate::rows::{MapInverse, MapRow, Row};

/// The row.
pub struct IdentityMap;

impl Row for IdentityMap {
    fn name(&self) -> &'static str {
        "identity"
    }
    fn doc(&self) -> &'static str {
        "x itself."
    }
}

impl MapRow for IdentityMap {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::REALS
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        increasing(support, |x| x)
    }
    fn lower(&self, g: &mut Graph, _args: &Args, x: Value) -> Value {
        let _ = g;
        x
    }
    fn keeps_volume(&self, _args: &Args) -> bool {
        true
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse {
            inverse: |g, _, y| {
                let _ = g;
                y
            },
            log_slope: |g, _, x| g.full(0.0, g.shape(x)),
        })
    }
}
