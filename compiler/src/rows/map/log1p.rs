//! `log1p`.

use super::increasing;
use crate::event::Support;
use crate::ir::Ex;
use crate::rows::args::Args;
use crate::rows::{MapInverse, MapRow};

row! {
    /// ln(1 + x), exact for small x.
    pub struct Log1pMap = "log1p";
}

impl MapRow for Log1pMap {
    fn from(&self) -> Support {
        Support::open(-1.0, f64::INFINITY)
    }
    fn to(&self) -> Support {
        Support::REALS
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        increasing(support, f64::ln_1p)
    }
    fn lower<'g>(&self, _: &Args, x: Ex<'g>) -> Ex<'g> {
        x.ln_1p()
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse { inverse: |_, y| y.exp_m1(), log_slope: |_, x| -x.ln_1p() })
    }
}
