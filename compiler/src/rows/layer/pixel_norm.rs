//! `pixel_norm`: features of unit mean square.

use super::super::args::Args;
use super::super::{Causality, ChainCx, Checked, LayerRow, Row};
use super::parts::{need_features, over_root};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::ReduceKind;
use crate::syntax::ast;

/// `pixel_norm`
pub struct PixelNorm;

impl Row for PixelNorm {
    fn name(&self) -> &'static str {
        "pixel_norm"
    }
    fn doc(&self) -> &'static str {
        "x / √(mean(x²) + 1e-8) over the channels of each pixel, or the coordinates of a vector (Karras et al. 2018, section 4.2)."
    }
}

impl LayerRow for PixelNorm {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<Checked, Diag> {
        need_features(args, input)?;
        let causality = if input.shape.len() == 3 { Causality::Weak } else { Causality::Global };
        let whole = Checked::elementwise(EventTy::real(input.shape.clone()), |cx, _, x| {
            let sq = cx.square(x);
            let mean = cx.reduce(ReduceKind::Mean, sq, &[1]);
            over_root(cx, x, mean, 1e-8)
        });
        Ok(Checked { causality, ..whole })
    }
}
