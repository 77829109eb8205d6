//! `relu`.

use super::increasing;
use crate::event::Support;
use crate::ir::{Graph, Unary, Value};
use crate::rows::args::Args;
use crate::rows::{MapRow, Row};

/// The row.
pub struct ReluMap;

impl Row for ReluMap {
    fn name(&self) -> &'static str {
        "relu"
    }
    fn doc(&self) -> &'static str {
        "max(x, 0)."
    }
}

impl MapRow for ReluMap {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::POSITIVE
    }
    fn reaches_zero(&self) -> bool {
        true
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        increasing(support, |x| x.max(0.0))
    }
    fn lower(&self, g: &mut Graph, _args: &Args, x: Value) -> Value {
        g.unary(Unary::Relu, x)
    }
    fn why_not_invertible(&self) -> &'static str {
        "maps every negative value to 0"
    }
    fn smooth(&self) -> bool {
        false
    }
}
