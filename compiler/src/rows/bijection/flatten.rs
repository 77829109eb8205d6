//! `flatten`: an event as a vector.

use super::reshape::reshaped;
use super::{BijectionRow, Found};
use crate::event::EventTy;
use crate::rows::args::Args;
use crate::rows::{Block, ChainCx};

row! {
    /// The same elements, row-major, as one vector: [C, H, W] -> [C H W]; keeps volumes.
    pub struct Flatten = "flatten";
}

impl BijectionRow for Flatten {
    fn check(&self, _: &mut dyn ChainCx, _: &Args, _: Block, input: &EventTy) -> Found {
        Ok(reshaped(input, vec![input.size()]))
    }
}
