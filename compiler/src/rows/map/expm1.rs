//! `expm1`.

use super::increasing;
use crate::event::Support;
use crate::ir::Ex;
use crate::rows::args::Args;
use crate::rows::{MapInverse, MapRow};

row! {
    /// e^x - 1, exact for small x.
    pub struct Expm1Map = "expm1";
}

impl MapRow for Expm1Map {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::open(-1.0, f64::INFINITY)
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        increasing(support, f64::exp_m1)
    }
    fn lower<'g>(&self, _: &Args, x: Ex<'g>) -> Ex<'g> {
        x.exp_m1()
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse { inverse: |_, y| y.ln_1p(), log_slope: |_, x| x })
    }
}
