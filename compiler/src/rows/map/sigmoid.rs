//! `sigmoid`.

use super::increasing;
use crate::event::Support;
use crate::ir::Ex;
use crate::rows::args::Args;
use crate::rows::{MapInverse, MapRow};

row! {
    /// 1 / (1 + e^-x). Takes the reals to (0, 1); its inverse is `logit`.
    pub struct SigmoidMap = "sigmoid";
}

impl MapRow for SigmoidMap {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::open(0.0, 1.0)
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        increasing(support, |x| 1.0 / (1.0 + (-x).exp()))
    }
    fn of_logits(&self) -> bool {
        true
    }
    fn lower<'g>(&self, _: &Args, x: Ex<'g>) -> Ex<'g> {
        x.sigmoid()
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse { inverse: |_, y| y.ln() - (-y).ln_1p(), log_slope: |_, x| x - x.softplus() * 2.0 })
    }
}
