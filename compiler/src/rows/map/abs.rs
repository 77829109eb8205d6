//! `abs`.

use super::valley;
use crate::event::Support;
use crate::ir::Ex;
use crate::rows::MapRow;
use crate::rows::args::Args;

row! {
    /// |x|.
    pub struct AbsMap = "abs";
}

impl MapRow for AbsMap {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::NONNEGATIVE
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        valley(support, 0.0, 0.0, f64::abs)
    }
    fn lower<'g>(&self, _: &Args, x: Ex<'g>) -> Ex<'g> {
        x.abs()
    }
    fn why_not_invertible(&self) -> &'static str {
        "forgets the sign"
    }
    fn smooth(&self) -> bool {
        false
    }
}
