//! `selu`.

use super::increasing;
use crate::event::Support;
use crate::ir::Ex;
use crate::rows::args::Args;
use crate::rows::{MapInverse, MapRow};

/// `alpha` of the paper, to double precision.
const ALPHA: f64 = 1.673_263_242_354_377_2;
/// `lambda` of the paper, to double precision.
const SCALE: f64 = 1.050_700_987_355_480_5;

row! {
    /// Scaled elu: s x where x > 0, else s a (e^x - 1), with the constants that keep mean 0 and variance 1
    /// from layer to layer. (Klambauer et al. 2017, eq. 2 and 14.)
    pub struct SeluMap = "selu";
}

impl MapRow for SeluMap {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::open(-SCALE * ALPHA, f64::INFINITY)
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        increasing(support, |x| if x > 0.0 { SCALE * x } else { SCALE * ALPHA * x.exp_m1() })
    }
    fn lower<'g>(&self, _: &Args, x: Ex<'g>) -> Ex<'g> {
        x.relu() * SCALE + x.min(0.0).exp_m1() * (SCALE * ALPHA)
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse {
            inverse: |_, y| y.relu() * (1.0 / SCALE) + (y.min(0.0) * (1.0 / (SCALE * ALPHA))).ln_1p(),
            log_slope: |_, x| {
                let positive = x.step();
                x.min(0.0) + positive * -ALPHA.ln() + (SCALE * ALPHA).ln()
            },
        })
    }
}
