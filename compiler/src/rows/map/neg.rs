//! `neg`.

use crate::event::Support;
use crate::ir::Ex;
use crate::rows::args::Args;
use crate::rows::{MapInverse, MapRow};

row! {
    /// -x.
    pub struct NegMap = "neg";
}

impl MapRow for NegMap {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::REALS
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        (-support.interval()).into()
    }
    fn lower<'g>(&self, _: &Args, x: Ex<'g>) -> Ex<'g> {
        -x
    }
    fn keeps_volume(&self, _args: &Args) -> bool {
        true
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse { inverse: |_, y| -y, log_slope: |_, x| x.filled(0.0) })
    }
}
