//! `actnorm`: a trained scale and shift for each channel.

use super::parts::ScaleShift;
use super::{BijectionRow, Found};
use crate::event::EventTy;
use crate::rows::args::Args;
use crate::rows::layer::require::need_features;
use crate::rows::{Block, ChainCx};

row! {
    /// y = x exp(s) + b, with trained s and b for each coordinate of a vector or channel of an image (Glow, Kingma & Dhariwal 2018,
    /// section 3.1). Both start where the first data come out with mean 0 and deviation 1, if the model's density is exact; else at 0.
    pub struct Actnorm = "actnorm";
}

impl BijectionRow for Actnorm {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Found {
        need_features(args, input)?;
        Ok(ScaleShift { scale: true, shift: true, by_channel: true }.on(input))
    }
}
