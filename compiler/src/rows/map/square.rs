//! `square`.

use super::valley;
use crate::event::Support;
use crate::ir::Ex;
use crate::rows::MapRow;
use crate::rows::args::Args;

row! {
    /// x^2.
    pub struct SquareMap = "square";
}

impl MapRow for SquareMap {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::NONNEGATIVE
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        valley(support, 0.0, 0.0, |x| x * x)
    }
    fn lower<'g>(&self, _: &Args, x: Ex<'g>) -> Ex<'g> {
        x.sq()
    }
    fn why_not_invertible(&self) -> &'static str {
        "forgets the sign"
    }
}
