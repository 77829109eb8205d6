//! `instance_norm`: standardisation of each channel of each example.

use super::group_norm::grouped;
use super::require::need_image;
use super::{Block, ChainCx, Checked, LayerRow, affine};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::rows::args::Args;

row! {
    /// (x - mean) / √(var + eps) · scale + shift with mean and variance over the pixels of one channel of one example (Ulyanov et al.
    /// 2016).
    pub struct InstanceNorm = "instance_norm" [affine::EPS, affine::PARAM];
}

impl LayerRow for InstanceNorm {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let image @ [c, _, _] = need_image(args, input)?;
        Ok(grouped(args, image, c))
    }
}
