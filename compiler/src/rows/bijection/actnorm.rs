//! `actnorm`: a trained scale and shift for each channel.

use super::super::args::Args;
use super::super::{BijectionRow, ChainCx, CheckedBijection, Row};
use super::parts::{Diagonal, need_places};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::syntax::ast;

/// `actnorm`
pub struct Actnorm;

impl Row for Actnorm {
    fn name(&self) -> &'static str {
        "actnorm"
    }
    fn doc(&self) -> &'static str {
        "y = x exp(s) + b, with trained s and b for each coordinate of a vector or channel of an image (Glow, Kingma & Dhariwal 2018, section 3.1). Both start where the first data come out with mean 0 and deviation 1, if the model's density is exact; else at 0."
    }
}

impl BijectionRow for Actnorm {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<CheckedBijection, Diag> {
        need_places(args, input)?;
        Ok(Diagonal { scale: true, shift: true, by_channel: true }.on(input))
    }
}
