//! `log`.

use super::increasing;
use crate::event::Support;
use crate::ir::Ex;
use crate::rows::args::Args;
use crate::rows::{MapInverse, MapRow};

row! {
    /// Natural logarithm. Takes the positive numbers to the reals.
    pub struct LogMap = "log";
}

impl MapRow for LogMap {
    fn from(&self) -> Support {
        Support::POSITIVE
    }
    fn to(&self) -> Support {
        Support::REALS
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        increasing(support, f64::ln)
    }
    fn lower<'g>(&self, _: &Args, x: Ex<'g>) -> Ex<'g> {
        x.ln()
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse { inverse: |_, y| y.exp(), log_slope: |_, x| -x.ln() })
    }
}
