//! `heads`: several dense outputs side by side.

use super::linear::{Linear, Mask};
use super::parts::as_numbers;
use super::require::{need_vector, sizes};
use super::{Block, ChainCx, Checked, Layer, LayerRow, LowerCx};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::Ex;
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{Shared, init};
use std::rc::Rc;

row! {
    /// Several affine maps of the same vector, one output each: [n] -> ([a], [b], ..). It stands last in a net with several outputs.
    pub struct Heads = "heads" [SIZES, init::PARAM, Mask::PARAM];
}

const SIZES: ParamSpec = ParamSpec {
    name: "sizes",
    kind: ArgKind::List,
    default: None,
    doc: "coordinates of each output, in order",
};

#[derive(Debug, PartialEq)]
struct Maps {
    maps: Vec<Linear>,
    input: EventTy,
}

impl LayerRow for Heads {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let n = need_vector(args, input)?;
        let sizes = sizes(args, SIZES.name, 1)?;
        if sizes.is_empty() {
            let d = args.error(SIZES.name, "`heads` needs the size of each output", "no sizes here");
            return Err(d.help("write `heads(16, 16)` for two outputs of 16 coordinates"));
        }
        let mask = Mask::of(args);
        let head =
            |(i, &size): (usize, &usize)| Linear { mask, ..Linear::plain(format!("head{i}."), n, size) };
        let maps: Vec<Linear> = sizes.iter().enumerate().map(head).collect();
        let mut params = Vec::new();
        for m in &maps {
            params.extend(m.params_from(args)?);
        }
        Ok(Checked {
            out: sizes.iter().map(|&s| EventTy::real([s])).collect(),
            params,
            causality: mask.causality(),
            given: Vec::new(),
            mixes_batch: false,
            twice_differentiable: true,
            layer: Shared(Rc::new(Maps { maps, input: input.clone() })),
        })
    }
}

impl Layer for Maps {
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let x = as_numbers(x, &self.input);
        self.maps.iter().map(|m| m.lower(cx, x)).collect()
    }
}
