//! `relu`.

use crate::event::Support;
use crate::interval::Interval;
use crate::ir::Ex;
use crate::rows::MapRow;
use crate::rows::args::Args;

row! {
    /// max(x, 0).
    pub struct ReluMap = "relu";
}

impl MapRow for ReluMap {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::NONNEGATIVE
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        support.interval().max(Interval::point(0.0)).into()
    }
    fn lower<'g>(&self, _: &Args, x: Ex<'g>) -> Ex<'g> {
        x.relu()
    }
    fn why_not_invertible(&self) -> &'static str {
        "maps every negative value to 0"
    }
    fn smooth(&self) -> bool {
        false
    }
}
