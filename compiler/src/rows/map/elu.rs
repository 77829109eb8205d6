//! `elu`.

use super::increasing;
use crate::event::Support;
use crate::ir::Ex;
use crate::rows::args::Args;
use crate::rows::{MapInverse, MapRow};

row! {
    /// x where x > 0, else e^x - 1. (Clevert, Unterthiner and Hochreiter 2016, eq. 15, alpha = 1.)
    pub struct EluMap = "elu";
}

impl MapRow for EluMap {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::open(-1.0, f64::INFINITY)
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        increasing(support, |x| if x > 0.0 { x } else { x.exp_m1() })
    }
    fn lower<'g>(&self, _: &Args, x: Ex<'g>) -> Ex<'g> {
        x.relu() + x.min(0.0).exp_m1()
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse { inverse: |_, y| y.relu() + y.min(0.0).ln_1p(), log_slope: |_, x| x.min(0.0) })
    }
}
