//! `layer_norm`: standardisation of each example by itself.

use super::affine::{self, ScaleShift};
use super::parts::{moments, standardised};
use super::require::need_features;
use super::{Block, ChainCx, Checked, Layer, LayerRow, LowerCx};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::Ex;
use crate::rows::args::Args;

row! {
    /// (x - mean) / √(var + eps) · scale + shift with mean and variance over all elements of one example (Ba et al. 2016); scale and
    /// shift for each coordinate of a vector or channel of an image. Unlike `batch_norm`, it scores each example alone.
    pub struct LayerNorm = "layer_norm" [affine::EPS, affine::PARAM];
}

#[derive(Debug, PartialEq)]
struct ByExample {
    eps: f64,
    affine: ScaleShift,
}

impl LayerRow for LayerNorm {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let affine = ScaleShift::of(args, need_features(args, input)?);
        let layer = ByExample { eps: args.num(affine::EPS.name), affine };
        Ok(Checked::global(EventTy::real(input.shape.clone()), affine.params(), layer))
    }
}

impl Layer for ByExample {
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let axes: Vec<usize> = (1..x.rank()).collect();
        vec![self.affine.lower(cx, standardised(x, moments(x, &axes), self.eps))]
    }
}
