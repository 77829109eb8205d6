//! `bias_from`: adds a learned projection of further inputs.

use super::conditioning::{INPUTS, Projection};
use super::require::need_any_features;
use super::{Block, ChainCx, Checked, Layer, LayerRow, LowerCx};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::Ex;
use crate::rows::args::Args;

row! {
    /// x + Σ W v over the further inputs v of the net (or `given` values of the flow), one number for each coordinate of a vector or
    /// channel of an image, or feature of every place of a sequence [T, d]; an image input of the same rows and columns is projected pixel by
    /// pixel, a sequence of as many places place by place. `Class(n)` enters as one-hot.
    pub struct BiasFrom = "bias_from" [INPUTS];
}

#[derive(Debug, PartialEq)]
struct Shifted(Projection);

impl LayerRow for BiasFrom {
    fn check(&self, cx: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let n = need_any_features(args, input)?;
        let shift = Projection::check(cx, args, "", input, n)?;
        let params = shift.params(false);
        let given = shift.given();
        let out = EventTy::real(input.shape.clone());
        Ok(Checked { params, given, ..Checked::elementwise(out, Shifted(shift)) })
    }
}

impl Layer for Shifted {
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        vec![self.0.lower(cx).map_or(x, |shift| x + shift)]
    }
}
