//! `sinh`.

use super::increasing;
use crate::event::Support;
use crate::ir::Ex;
use crate::rows::args::Args;
use crate::rows::{MapInverse, MapRow};
use std::f64::consts::LN_2;

row! {
    /// Hyperbolic sine. Takes the reals to the reals: near 0 it is x, far out it grows like e^|x|. Its inverse,
    /// by which a flow draws in heavy tails, grows like a logarithm. (Abramowitz and Stegun 4.5.1, 4.6.20.)
    pub struct SinhMap = "sinh";
}

/// arsinh y.
///
/// With a = |y|, m = max(a, 1), u = a / m and v = 1 / m it is sign(y) (ln m + ln(u + √(u² + v²))). One of u and v is 1, so that the root
/// less 1 is u² v² over the root plus 1: nothing cancels where y is small, and nothing overflows where it is large. The side of 0 is told
/// by a condition, since the derivative of |y| is 0 at 0, and this one is 1.
fn arsinh(y: Ex<'_>) -> Ex<'_> {
    let right = y.ge(0.0);
    let a = right.select(y, -y);
    let m = a.max(1.0);
    let (u, v) = (a / m, m.recip());
    let root = (u.sq() + v.sq()).sqrt();
    let x = m.ln() + (u + (u * v).sq() / (root + 1.0)).ln_1p();
    right.select(x, -x)
}

impl MapRow for SinhMap {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::REALS
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        increasing(support, f64::sinh)
    }
    fn lower<'g>(&self, _: &Args, x: Ex<'g>) -> Ex<'g> {
        (x.exp_m1() - (-x).exp_m1()) * 0.5
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse {
            inverse: |_, y| arsinh(y),
            // ln cosh x.
            log_slope: |_, x| x + (x * -2.0).softplus() - LN_2,
        })
    }
}
