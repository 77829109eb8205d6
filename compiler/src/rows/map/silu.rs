//! `silu`.

use super::valley;
use crate::event::Support;
use crate::ir::Ex;
use crate::rows::MapRow;
use crate::rows::args::Args;

/// Where the minimum lies: the root of 1 + x + e^x = 0.
const BOTTOM_AT: f64 = -1.278464542761074;
/// The minimum, rounded down.
const BOTTOM: f64 = -0.278_464_542_761_074;

row! {
    /// x sigmoid(x), also called swish. (Elfwing, Uchibe and Doya 2018, eq. 11.)
    pub struct SiluMap = "silu";
}

impl MapRow for SiluMap {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::closed(BOTTOM, f64::INFINITY)
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        valley(
            support,
            BOTTOM_AT,
            BOTTOM,
            |x| if x == f64::NEG_INFINITY { 0.0 } else { x / (1.0 + (-x).exp()) },
        )
    }
    fn lower<'g>(&self, _: &Args, x: Ex<'g>) -> Ex<'g> {
        x * x.sigmoid()
    }
    fn why_not_invertible(&self) -> &'static str {
        "takes every value between -0.28 and 0 twice"
    }
}
