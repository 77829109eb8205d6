//! `tanh`.

use super::increasing;
use crate::event::Support;
use crate::ir::Ex;
use crate::rows::args::Args;
use crate::rows::{MapInverse, MapRow};
use std::f64::consts::LN_2;

row! {
    /// Hyperbolic tangent. Takes the reals to (-1, 1).
    pub struct TanhMap = "tanh";
}

impl MapRow for TanhMap {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::open(-1.0, 1.0)
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        increasing(support, f64::tanh)
    }
    fn lower<'g>(&self, _: &Args, x: Ex<'g>) -> Ex<'g> {
        x.tanh()
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse {
            inverse: |_, y| (y.ln_1p() - (-y).ln_1p()) * 0.5,
            // ln(1 - tanh² x), which does not cancel for large |x|.
            log_slope: |_, x| (x + (x * -2.0).softplus()) * -2.0 + 2.0 * LN_2,
        })
    }
}
