//! `sqrt`.

use super::increasing;
use crate::event::Support;
use crate::ir::Ex;
use crate::rows::args::Args;
use crate::rows::{MapInverse, MapRow};
use std::f64::consts::LN_2;

row! {
    /// Square root of a nonnegative number.
    pub struct SqrtMap = "sqrt";
}

impl MapRow for SqrtMap {
    fn from(&self) -> Support {
        Support::NONNEGATIVE
    }
    fn to(&self) -> Support {
        Support::NONNEGATIVE
    }
    fn image(&self, _: &Args, support: Support) -> Support {
        increasing(support, f64::sqrt)
    }
    fn lower<'g>(&self, _: &Args, x: Ex<'g>) -> Ex<'g> {
        x.sqrt()
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse { inverse: |_, y| y.sq(), log_slope: |_, x| x.ln() * -0.5 - LN_2 })
    }
}
