//! `tanh`.

use super::increasing;
use crate::event::Support;
use crate::ir::{Graph, Unary, Value};
use crate::rows::args::Args;
use crate::rows::{MapInverse, MapRow, Row};

/// The row.
pub struct TanhMap;

impl Row for TanhMap {
    fn name(&self) -> &'static str {
        "tanh"
    }
    fn doc(&self) -> &'static str {
        "Hyperbolic tangent. Takes the reals to (-1, 1)."
    }
}

impl MapRow for TanhMap {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::Interval { lo: -1.0, hi: 1.0 }
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        increasing(support, f64::tanh)
    }
    fn lower(&self, g: &mut Graph, _args: &Args, x: Value) -> Value {
        g.unary(Unary::Tanh, x)
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse {
            inverse: |g, _, y| {
                let a = g.unary(Unary::Log1p, y);
                let n = g.neg(y);
                let b = g.unary(Unary::Log1p, n);
                let d = g.sub(a, b);
                g.mul_c(d, 0.5)
            },
            log_slope: |g, _, x| {
                // ln(1 - tanh^2 x) = 2 (ln 2 - x - softplus(-2x)), which does not cancel for large |x|.
                let m = g.mul_c(x, -2.0);
                let s = g.softplus(m);
                let t = g.add(x, s);
                let t = g.mul_c(t, -2.0);
                g.add_c(t, 2.0 * std::f64::consts::LN_2)
            },
        })
    }
}
