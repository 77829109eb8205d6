//! `sqrt`.

use super::increasing;
use crate::event::Support;
use crate::ir::{Graph, Value};
use crate::rows::args::Args;
use crate::rows::{MapInverse, MapRow, Row};

/// The row.
pub struct SqrtMap;

impl Row for SqrtMap {
    fn name(&self) -> &'static str {
        "sqrt"
    }
    fn doc(&self) -> &'static str {
        "Square root of a nonnegative number."
    }
}

impl MapRow for SqrtMap {
    fn from(&self) -> Support {
        Support::POSITIVE
    }
    fn to(&self) -> Support {
        Support::POSITIVE
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        increasing(support, f64::sqrt)
    }
    fn lower(&self, g: &mut Graph, _args: &Args, x: Value) -> Value {
        g.sqrt(x)
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse {
            inverse: |g, _, y| g.square(y),
            log_slope: |g, _, x| {
                let l = g.log(x);
                let h = g.mul_c(l, -0.5);
                g.add_c(h, -std::f64::consts::LN_2)
            },
        })
    }
}
