//! `shift`: a trained summand for each element.

use super::parts::ScaleShift;
use super::{BijectionRow, Found};
use crate::event::EventTy;
use crate::rows::args::Args;
use crate::rows::{Block, ChainCx};

row! {
    /// y = x + b, with a trained b for each element; keeps volumes. It starts where the first data come out with mean 0, if the model's
    /// density is exact; else at 0.
    pub struct Shift = "shift";
}

impl BijectionRow for Shift {
    fn check(&self, _: &mut dyn ChainCx, _: &Args, _: Block, input: &EventTy) -> Found {
        Ok(ScaleShift { scale: false, shift: true, by_channel: false }.on(input))
    }
}
