//! `last`: what stands at the last place of a sequence.

use super::require::need_sequence;
use super::{Block, ChainCx, Checked, Layer, LayerRow, LowerCx};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::Ex;
use crate::rows::args::Args;

row! {
    /// The features at the last place: [T, d] -> [d]. Behind `gru` or `lstm` they sum up the whole sequence.
    pub struct Last = "last";
}

/// Of a sequence of this shape.
#[derive(Debug, PartialEq)]
struct End([usize; 2]);

impl LayerRow for Last {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let shape @ [_, d] = need_sequence(args, input)?;
        Ok(Checked::global(input.rearranged(vec![d]), Vec::new(), End(shape)))
    }
}

impl Layer for End {
    fn lower<'g>(&self, _: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let [t, d] = self.0;
        vec![x.slice(1, t.saturating_sub(1), 1).view(&[d])]
    }
}
