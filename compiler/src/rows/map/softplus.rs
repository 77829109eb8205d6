//! `softplus`.

use super::increasing;
use crate::event::Support;
use crate::ir::Ex;
use crate::rows::args::Args;
use crate::rows::{MapInverse, MapRow};

row! {
    /// ln(1 + e^x), a smooth `relu`. Takes the reals to the positive numbers; grows like x where `exp`
    /// explodes.
    pub struct SoftplusMap = "softplus";
}

impl MapRow for SoftplusMap {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::POSITIVE
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        increasing(support, |x| x.max(0.0) + (-x.abs()).exp().ln_1p())
    }
    fn of_logits(&self) -> bool {
        true
    }
    fn lower<'g>(&self, _: &Args, x: Ex<'g>) -> Ex<'g> {
        x.softplus()
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse {
            // No overflow for large y, no cancellation for small y.
            inverse: |_, y| y + (-(-y).exp_m1()).ln(),
            log_slope: |_, x| -(-x).softplus(),
        })
    }
}
