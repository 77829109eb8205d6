//! `minibatch_stddev`: tells a critic how much the examples of a batch differ.

use super::parts::moments;
use super::require::need_features;
use super::{Block, ChainCx, Checked, Layer, LayerRow, LowerCx, ReadsBatch};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::Ex;
use crate::rows::args::Args;

row! {
    /// One further coordinate or channel with the standard deviation over the batch, averaged over all elements (Karras et al. 2018,
    /// section 3): [n] -> [n + 1], [C, H, W] -> [C + 1, H, W]. It mixes the examples of a batch.
    pub struct MinibatchStddev = "minibatch_stddev";
}

/// Puts the further coordinate, or channel of this shape, behind its input.
#[derive(Debug, PartialEq)]
struct Spread(Vec<usize>);

impl LayerRow for MinibatchStddev {
    fn reads_batch(&self) -> ReadsBatch {
        ReadsBatch::Always
    }
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let n = need_features(args, input)?;
        let with = |first: usize| -> Vec<usize> {
            [first].into_iter().chain(input.shape.iter().skip(1).copied()).collect()
        };
        let whole = Checked::global(EventTy::real(with(n + 1)), Vec::new(), Spread(with(1)));
        Ok(Checked { mixes_batch: true, ..whole })
    }
}

impl Layer for Spread {
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let (_, var) = moments(x, &[0]);
        let deviation = (var + 1e-8).sqrt().mean_all();
        vec![cx.scope().concat(&[x, deviation.broadcast(&x.like(&self.0))], 1)]
    }
}
