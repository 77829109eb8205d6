//! `square`.

use super::valley;
use crate::event::Support;
use crate::ir::{Graph, Value};
use crate::rows::args::Args;
use crate::rows::{MapRow, Row};

/// The row.
pub struct SquareMap;

impl Row for SquareMap {
    fn name(&self) -> &'static str {
        "square"
    }
    fn doc(&self) -> &'static str {
        "x^2."
    }
}

impl MapRow for SquareMap {
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
        valley(support, 0.0, 0.0, |x| x * x)
    }
    fn lower(&self, g: &mut Graph, _args: &Args, x: Value) -> Value {
        g.square(x)
    }
    fn why_not_invertible(&self) -> &'static str {
        "forgets the sign"
    }
}
