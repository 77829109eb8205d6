//! `recip`.

use crate::event::Support;
use crate::interval::Interval;
use crate::ir::Ex;
use crate::rows::args::Args;
use crate::rows::{MapInverse, MapRow};

row! {
    /// 1 / x of a positive number.
    pub struct RecipMap = "recip";
}

impl MapRow for RecipMap {
    fn from(&self) -> Support {
        Support::POSITIVE
    }
    fn to(&self) -> Support {
        Support::POSITIVE
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        (Interval::point(1.0) / support.interval()).into()
    }
    fn lower<'g>(&self, _: &Args, x: Ex<'g>) -> Ex<'g> {
        x.recip()
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse { inverse: |_, y| y.recip(), log_slope: |_, x| x.ln() * -2.0 })
    }
}
