//! `sin`.

use crate::event::Support;
use crate::ir::Ex;
use crate::rows::MapRow;
use crate::rows::args::Args;

row! {
    /// Sine of x in radians.
    pub struct SinMap = "sin";
}

impl MapRow for SinMap {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::closed(-1.0, 1.0)
    }
    /// Of one number, its value.
    fn image(&self, _: &Args, support: Support) -> Support {
        support.interval().constant().map_or(self.to(), |x| Support::point(f64::sin(x)))
    }
    fn lower<'g>(&self, _: &Args, x: Ex<'g>) -> Ex<'g> {
        x.sin()
    }
    fn why_not_invertible(&self) -> &'static str {
        "repeats with period 2 pi"
    }
}
