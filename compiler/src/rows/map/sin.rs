//! `sin`.

use crate::event::Support;
use crate::ir::{Graph, Unary, Value};
use crate::rows::args::Args;
use crate::rows::{MapRow, Row};

/// The row.
pub struct SinMap;

impl Row for SinMap {
    fn name(&self) -> &'static str {
        "sin"
    }
    fn doc(&self) -> &'static str {
        "Sine of x in radians."
    }
}

impl MapRow for SinMap {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::Interval { lo: -1.0, hi: 1.0 }
    }
    fn lower(&self, g: &mut Graph, _args: &Args, x: Value) -> Value {
        g.unary(Unary::Sin, x)
    }
    fn why_not_invertible(&self) -> &'static str {
        "repeats with period 2 pi"
    }
}
