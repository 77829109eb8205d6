//! `pixel_norm`: features of unit mean square.

use super::require::need_features;
use super::{Block, Causality, ChainCx, Checked, Layer, LayerRow, LowerCx};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::Ex;
use crate::rows::args::Args;

row! {
    /// x / √(mean(x²) + 1e-8) over the channels of each pixel, or the coordinates of a vector (Karras et al. 2018, section 4.2).
    pub struct PixelNorm = "pixel_norm";
}

#[derive(Debug, PartialEq)]
struct ByPixel;

impl LayerRow for PixelNorm {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        need_features(args, input)?;
        let causality = if input.shape.len() == 3 { Causality::Weak } else { Causality::Global };
        Ok(Checked { causality, ..Checked::elementwise(EventTy::real(input.shape.clone()), ByPixel) })
    }
}

impl Layer for ByPixel {
    fn lower<'g>(&self, _: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        vec![x / (x.sq().mean(&[1]) + 1e-8).sqrt()]
    }
}
