//! `neg`.

use super::ends;
use crate::event::Support;
use crate::ir::{Graph, Value};
use crate::rows::args::Args;
use crate::rows::{MapInverse, MapRow, Row};

/// The row.
pub struct NegMap;

impl Row for NegMap {
    fn name(&self) -> &'static str {
        "neg"
    }
    fn doc(&self) -> &'static str {
        "-x."
    }
}

impl MapRow for NegMap {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::REALS
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        let (lo, hi) = ends(support);
        Support::Interval { lo: -hi, hi: -lo }
    }
    fn lower(&self, g: &mut Graph, _args: &Args, x: Value) -> Value {
        g.neg(x)
    }
    fn keeps_volume(&self, _args: &Args) -> bool {
        true
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse { inverse: |g, _, y| g.neg(y), log_slope: |g, _, x| g.full(0.0, g.shape(x)) })
    }
}
