//! `log_sigmoid`.

use super::increasing;
use crate::event::Support;
use crate::ir::{Graph, Unary, Value};
use crate::rows::args::Args;
use crate::rows::{MapInverse, MapRow, Row};

/// The row.
pub struct LogSigmoidMap;

impl Row for LogSigmoidMap {
    fn name(&self) -> &'static str {
        "log_sigmoid"
    }
    fn doc(&self) -> &'static str {
        "ln(1 / (1 + e^-x)) = -softplus(-x). Takes the reals to the negative numbers."
    }
}

impl MapRow for LogSigmoidMap {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::Interval { lo: f64::NEG_INFINITY, hi: 0.0 }
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        increasing(support, |x| x.min(0.0) - (-x.abs()).exp().ln_1p())
    }
    fn lower(&self, g: &mut Graph, _args: &Args, x: Value) -> Value {
        let n = g.neg(x);
        let s = g.softplus(n);
        g.neg(s)
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse {
            inverse: |g, _, y| {
                // x = y - ln(1 - e^y).
                let e = g.unary(Unary::Expm1, y);
                let m = g.neg(e);
                let l = g.log(m);
                g.sub(y, l)
            },
            log_slope: |g, _, x| {
                // f' = sigmoid(-x).
                let s = g.softplus(x);
                g.neg(s)
            },
        })
    }
}
