//! `selu`.

use super::increasing;
use crate::event::Support;
use crate::ir::{Binary, Graph, Unary, Value};
use crate::rows::args::Args;
use crate::rows::{MapInverse, MapRow, Row};

/// `alpha` of the paper, to double precision.
const ALPHA: f64 = 1.673_263_242_354_377_2;
/// `lambda` of the paper, to double precision.
const SCALE: f64 = 1.050_700_987_355_480_5;

/// The row.
pub struct SeluMap;

impl Row for SeluMap {
    fn name(&self) -> &'static str {
        "selu"
    }
    fn doc(&self) -> &'static str {
        "Scaled elu: s x where x > 0, else s a (e^x - 1), with the constants that keep mean 0 and variance 1 from layer to layer. (Klambauer et al. 2017, eq. 2 and 14.)"
    }
}

impl MapRow for SeluMap {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::Interval { lo: -SCALE * ALPHA, hi: f64::INFINITY }
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        increasing(support, |x| if x > 0.0 { SCALE * x } else { SCALE * ALPHA * x.exp_m1() })
    }
    fn lower(&self, g: &mut Graph, _args: &Args, x: Value) -> Value {
        let p = g.unary(Unary::Relu, x);
        let p = g.mul_c(p, SCALE);
        let zero = g.scalar(0.0);
        let n = g.binary(Binary::Min, x, zero);
        let e = g.unary(Unary::Expm1, n);
        let e = g.mul_c(e, SCALE * ALPHA);
        g.add(p, e)
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse {
            inverse: |g, _, y| {
                let p = g.unary(Unary::Relu, y);
                let p = g.mul_c(p, 1.0 / SCALE);
                let zero = g.scalar(0.0);
                let n = g.binary(Binary::Min, y, zero);
                let n = g.mul_c(n, 1.0 / (SCALE * ALPHA));
                let l = g.unary(Unary::Log1p, n);
                g.add(p, l)
            },
            log_slope: |g, _, x| {
                // ln s on the right, ln(s a) + x on the left.
                let positive = g.unary(Unary::Step, x);
                let zero = g.scalar(0.0);
                let left = g.binary(Binary::Min, x, zero);
                let drop = g.mul_c(positive, -ALPHA.ln());
                let l = g.add(left, drop);
                g.add_c(l, (SCALE * ALPHA).ln())
            },
        })
    }
}
