//! `abs`.

use super::valley;
use crate::event::Support;
use crate::ir::{Graph, Unary, Value};
use crate::rows::args::Args;
use crate::rows::{MapRow, Row};

/// The row.
pub struct AbsMap;

impl Row for AbsMap {
    fn name(&self) -> &'static str {
        "abs"
    }
    fn doc(&self) -> &'static str {
        "|x|."
    }
}

impl MapRow for AbsMap {
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
        valley(support, 0.0, 0.0, f64::abs)
    }
    fn lower(&self, g: &mut Graph, _args: &Args, x: Value) -> Value {
        g.unary(Unary::Abs, x)
    }
    fn why_not_invertible(&self) -> &'static str {
        "forgets the sign"
    }
    fn smooth(&self) -> bool {
        false
    }
}
