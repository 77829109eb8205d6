//! `softplus`.

use super::increasing;
use crate::event::Support;
use crate::ir::{Graph, Unary, Value};
use crate::rows::args::Args;
use crate::rows::{MapInverse, MapRow, Row};

/// The row.
pub struct SoftplusMap;

impl Row for SoftplusMap {
    fn name(&self) -> &'static str {
        "softplus"
    }
    fn doc(&self) -> &'static str {
        "ln(1 + e^x), a smooth `relu`. Takes the reals to the positive numbers; grows like x where `exp` explodes."
    }
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
    fn lower(&self, g: &mut Graph, _args: &Args, x: Value) -> Value {
        g.softplus(x)
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse {
            inverse: |g, _, y| {
                // x = y + ln(1 - e^-y): no overflow for large y, no cancellation for small y.
                let n = g.neg(y);
                let e = g.unary(Unary::Expm1, n);
                let m = g.neg(e);
                let l = g.log(m);
                g.add(y, l)
            },
            log_slope: |g, _, x| {
                // f' = sigmoid, so ln f' = -softplus(-x).
                let n = g.neg(x);
                let s = g.softplus(n);
                g.neg(s)
            },
        })
    }
}
