//! `avg_pool`: one number a tile, its average.

use super::{Block, ChainCx, Checked, LayerRow, pool};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::ReduceKind;
use crate::rows::args::Args;

row! {
    /// The average of each k x k tile: [C, H, W] -> [C, H / k, W / k]. Tiles do not overlap, and must cover the image.
    pub struct AvgPool = "avg_pool" [pool::K];
}

impl LayerRow for AvgPool {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        pool::check(args, input, ReduceKind::Mean)
    }
}
