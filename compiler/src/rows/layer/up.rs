//! `up`: nearest-neighbour enlargement.

use super::require::need_image;
use super::{Block, ChainCx, Checked, Layer, LayerRow, LowerCx};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::Ex;
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// Repeats every pixel `factor` times along rows and columns: [C, H, W] -> [C, factor H, factor W].
    pub struct Up = "up" [FACTOR];
}

const FACTOR: ParamSpec = ParamSpec {
    name: "factor",
    kind: ArgKind::Pair(1),
    default: Some("2"),
    doc: "enlargement, one number or (rows, columns)",
};

#[derive(Debug, PartialEq)]
struct Enlarge {
    image: [usize; 3],
    factor: [usize; 2],
}

impl LayerRow for Up {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let image @ [c, h, w] = need_image(args, input)?;
        let factor @ [a, b] = args.pair(FACTOR.name);
        let out = input.rearranged(vec![c, h * a, w * b]);
        Ok(Checked::global(out, Vec::new(), Enlarge { image, factor }))
    }
}

impl Layer for Enlarge {
    fn lower<'g>(&self, _: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let ([c, h, w], [a, b]) = (self.image, self.factor);
        vec![x.view(&[c, h, 1, w, 1]).broadcast(&x.like(&[c, h, a, w, b])).view(&[c, h * a, w * b])]
    }
}
