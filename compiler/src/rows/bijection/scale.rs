//! `scale`: a trained factor for each element.

use super::parts::ScaleShift;
use super::{BijectionRow, Found};
use crate::event::{EventTy, Support};
use crate::rows::args::Args;
use crate::rows::{Block, ChainCx};

row! {
    /// y = x exp(s), with a trained s for each element (the last layer of NICE, Dinh et al. 2015, section 3.3). It starts where the first
    /// data come out with deviation 1, if the model's density is exact; else at 0.
    pub struct Scale = "scale";
}

impl BijectionRow for Scale {
    fn check(&self, _: &mut dyn ChainCx, _: &Args, _: Block, input: &EventTy) -> Found {
        Ok(ScaleShift { scale: true, shift: false, by_channel: false }.on(input))
    }
    /// The factors are positive: half-lines that begin at 0 stay.
    fn keeps(&self, _args: &Args, range: Support) -> bool {
        range.alike(Support::POSITIVE) || range.alike(Support::open(f64::NEG_INFINITY, 0.0))
    }
}
