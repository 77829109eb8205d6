//! `max_pool`: one number a tile, its largest.

use super::{Block, ChainCx, Checked, LayerRow, pool};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::ReduceKind;
use crate::rows::args::Args;

row! {
    /// The largest number of each k x k tile: [C, H, W] -> [C, H / k, W / k]. Tiles do not overlap, and must cover the image.
    pub struct MaxPool = "max_pool" [pool::K];
}

impl LayerRow for MaxPool {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        pool::check(args, input, ReduceKind::Max)
    }
}
