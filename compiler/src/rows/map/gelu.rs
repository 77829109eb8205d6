//! `gelu`.

use crate::event::Support;
use crate::interval::{End, Interval};
use crate::ir::Ex;
use crate::rows::MapRow;
use crate::rows::args::Args;
use std::f64::consts::FRAC_1_SQRT_2;

/// The minimum (near x = -0.7518), rounded down.
const BOTTOM: f64 = -0.169_971_207_3;

row! {
    /// x times the standard normal distribution function of x, by the error function (not the tanh
    /// approximation). (Hendrycks and Gimpel 2016, section 2.)
    pub struct GeluMap = "gelu";
}

impl MapRow for GeluMap {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::closed(BOTTOM, f64::INFINITY)
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        // Above 0 it rises from 0 with 0 < f(x) < x; below it is negative, and only the bottom is claimed.
        let x = support.interval();
        let zero = End { at: 0.0, open: !x.holds(0.0) };
        let lo = if x.lo().at >= 0.0 { zero } else { End::closed(BOTTOM) };
        let hi = if x.hi().at > 0.0 { End::open(x.hi().at) } else { zero };
        Interval::new(lo, hi).into()
    }
    fn lower<'g>(&self, _: &Args, x: Ex<'g>) -> Ex<'g> {
        let twice_cdf = (x * FRAC_1_SQRT_2).erf() + 1.0;
        x * 0.5 * twice_cdf
    }
    fn why_not_invertible(&self) -> &'static str {
        "takes every value between -0.17 and 0 twice"
    }
}
