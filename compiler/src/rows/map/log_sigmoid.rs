//! `log_sigmoid`.

use super::increasing;
use crate::event::Support;
use crate::ir::Ex;
use crate::rows::args::Args;
use crate::rows::{MapInverse, MapRow};

row! {
    /// ln(1 / (1 + e^-x)) = -softplus(-x). Takes the reals to the negative numbers.
    pub struct LogSigmoidMap = "log_sigmoid";
}

impl MapRow for LogSigmoidMap {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::open(f64::NEG_INFINITY, 0.0)
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        increasing(support, |x| x.min(0.0) - (-x.abs()).exp().ln_1p())
    }
    fn of_logits(&self) -> bool {
        true
    }
    fn lower<'g>(&self, _: &Args, x: Ex<'g>) -> Ex<'g> {
        -(-x).softplus()
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse { inverse: |_, y| y - (-y.exp_m1()).ln(), log_slope: |_, x| -x.softplus() })
    }
}
