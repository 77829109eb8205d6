//! `reverse`: coordinates or channels in reverse order.

use super::parts::shuffle;
use super::{BijectionRow, Found};
use crate::event::EventTy;
use crate::rows::args::Args;
use crate::rows::layer::require::need_features;
use crate::rows::{Block, ChainCx};

row! {
    /// The coordinates of a vector, or the channels of an image, in reverse order; keeps volumes.
    pub struct Reverse = "reverse";
}

impl BijectionRow for Reverse {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Found {
        let n = need_features(args, input)?;
        Ok(shuffle(input, (0..n).rev().collect()))
    }
}
