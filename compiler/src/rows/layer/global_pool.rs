//! `global_pool`: one number a channel.

use super::pool::pooled;
use super::require::need_image;
use super::{Block, ChainCx, Checked, Layer, LayerRow, LowerCx};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::{Ex, ReduceKind};
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// Average (or sum, or maximum) of all pixels of a channel: [C, H, W] -> [C].
    pub struct GlobalPool = "global_pool" [BY];
}

const BY: ParamSpec = ParamSpec {
    name: "by",
    kind: ArgKind::Word(&["avg", "sum", "max"]),
    default: Some("avg"),
    doc: "how the pixels are combined",
};

#[derive(Debug, PartialEq)]
struct AllPixels(ReduceKind);

impl LayerRow for GlobalPool {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let [c, h, w] = need_image(args, input)?;
        let how = match args.word(BY.name) {
            "sum" => ReduceKind::Sum,
            "max" => ReduceKind::Max,
            _ => ReduceKind::Mean,
        };
        let out = EventTy { kind: pooled(how, input.kind, h * w), shape: vec![c] };
        Ok(Checked::global(out, Vec::new(), AllPixels(how)))
    }
}

impl Layer for AllPixels {
    fn lower<'g>(&self, _: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let y = x.reduce(self.0, &[2, 3]);
        let channels = y.shape().0.get(1).map_or(1, |d| d.n);
        vec![y.view(&[channels])]
    }
}
