//! `flip`: the mirror image.

use super::require::need_image;
use super::{Block, ChainCx, Checked, Layer, LayerRow, LowerCx};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::Ex;
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// The mirror image: `columns` exchanges left and right, `rows` top and bottom.
    pub struct Flip = "flip" [ALONG];
}

const ALONG: ParamSpec = ParamSpec {
    name: "along",
    kind: ArgKind::Word(&["columns", "rows"]),
    default: Some("columns"),
    doc: "what changes its order",
};

/// The axis of `[B, C, H, W]` that is reversed, and its size.
#[derive(Debug, PartialEq)]
struct Reversed {
    axis: usize,
    size: usize,
}

impl LayerRow for Flip {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let [_, h, w] = need_image(args, input)?;
        let layer = match args.word(ALONG.name) {
            "rows" => Reversed { axis: 2, size: h },
            _ => Reversed { axis: 3, size: w },
        };
        Ok(Checked::global(input.clone(), Vec::new(), layer))
    }
}

impl Layer for Reversed {
    fn lower<'g>(&self, _: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        vec![x.take(self.axis, (0..self.size).rev().collect())]
    }
}
