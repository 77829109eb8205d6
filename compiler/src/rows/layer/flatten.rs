//! `flatten`: an event as a vector.

use super::reshape::reshaped;
use super::{Block, ChainCx, Checked, LayerRow};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::rows::args::Args;

row! {
    /// The same elements, row-major, as one vector: [C, H, W] -> [C H W].
    pub struct Flatten = "flatten";
}

impl LayerRow for Flatten {
    fn check(&self, _: &mut dyn ChainCx, _: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        Ok(reshaped(input, vec![input.size()]))
    }
}
