//! `shift_right`: every place receives the element before it.

use super::require::misfit;
use super::{Block, Causality, ChainCx, Checked, Layer, LayerRow, LowerCx, Reads};
use crate::diag::Diag;
use crate::event::{EventTy, Kind};
use crate::interval::Interval;
use crate::ir::Ex;
use crate::rows::args::Args;

row! {
    /// The element of the place before it at every place, and 0 at the first: tokens of a sequence [T, d], coordinates of a vector [n], pixels
    /// of an image [C, H, W] in raster order. Whatever reads its own place behind it (`gru`, `attention(mask: B)`) predicts it from earlier
    /// ones.
    pub struct ShiftRight = "shift_right";
}

/// On an event of this shape.
#[derive(Debug, PartialEq)]
struct Shifted(Vec<usize>);

impl LayerRow for ShiftRight {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        if matches!(input.kind, Kind::Class(_)) || !(1..=3).contains(&input.shape.len()) {
            let d = misfit(
                args,
                "`shift_right` moves the numbers of a sequence [T, d], a vector or an image",
                format!("receives {input}"),
            );
            return Err(d.help("write `embed(32), shift_right` for classes"));
        }
        let range = input.kind.support().interval().hull(Interval::point(0.0));
        let out = input.with_kind(Kind::Real(range.into()));
        let layer = Shifted(input.shape.clone());
        Ok(Checked { causality: Causality::Strict, ..Checked::elementwise(out, layer) })
    }
}

impl Layer for Shifted {
    fn reads(&self, _: Causality) -> Reads {
        Reads::Back(vec![1])
    }
    fn lower<'g>(&self, _: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let by_one = |x: Ex<'g>, axis: usize, n: usize| x.pad(axis, 1, 0).slice(axis, 0, n);
        vec![match self.0.as_slice() {
            [c, h, w] => by_one(x.view(&[*c, h * w]), 2, h * w).view(&self.0),
            [n, ..] => by_one(x, 1, *n),
            [] => x,
        }]
    }
}
