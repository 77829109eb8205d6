//! `sigmoid`.

use super::increasing;
use crate::event::Support;
use crate::ir::{Graph, Unary, Value};
use crate::rows::args::Args;
use crate::rows::{MapInverse, MapRow, Row};

/// The row.
pub struct SigmoidMap;

impl Row for SigmoidMap {
    fn name(&self) -> &'static str {
        "sigmoid"
    }
    fn doc(&self) -> &'static str {
        "1 / (1 + e^-x). Takes the reals to (0, 1); its inverse is `logit`."
    }
}

impl MapRow for SigmoidMap {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::UNIT
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        increasing(support, |x| 1.0 / (1.0 + (-x).exp()))
    }
    fn lower(&self, g: &mut Graph, _args: &Args, x: Value) -> Value {
        g.sigmoid(x)
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse {
            inverse: |g, _, y| {
                let a = g.log(y);
                let n = g.neg(y);
                let b = g.unary(Unary::Log1p, n);
                g.sub(a, b)
            },
            log_slope: |g, _, x| {
                // f' = s(x) s(-x), so ln f' = x - 2 softplus(x).
                let s = g.softplus(x);
                let s2 = g.mul_c(s, 2.0);
                g.sub(x, s2)
            },
        })
    }
}
