//! `film`: scales and shifts features by what further inputs say.

use super::conditioning::{INPUTS, Projection};
use super::require::need_any_features;
use super::{Block, ChainCx, Checked, Layer, LayerRow, LowerCx};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::Ex;
use crate::rows::args::Args;

row! {
    /// x (1 + Σ G v) + Σ W v over the further inputs v of the net, for each coordinate of a vector, channel of an image or feature of a sequence [T, d] (Perez et al.
    /// 2018); the identity at the start. `batch_norm(affine: false), film(y)` is conditional batch normalisation.
    pub struct Film = "film" [INPUTS];
}

#[derive(Debug, PartialEq)]
struct Modulated {
    gain: Projection,
    shift: Projection,
}

impl LayerRow for Film {
    fn check(&self, cx: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let n = need_any_features(args, input)?;
        let gain = Projection::check(cx, args, "gain.", input, n)?;
        let shift = Projection::check(cx, args, "shift.", input, n)?;
        let params = [gain.params(true), shift.params(true)].concat();
        let out = EventTy::real(input.shape.clone());
        let given = shift.given();
        Ok(Checked { params, given, ..Checked::elementwise(out, Modulated { gain, shift }) })
    }
}

impl Layer for Modulated {
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        vec![match (self.gain.lower(cx), self.shift.lower(cx)) {
            (Some(gain), Some(shift)) => x * (gain + 1.0) + shift,
            (None, _) | (_, None) => x,
        }]
    }
}
