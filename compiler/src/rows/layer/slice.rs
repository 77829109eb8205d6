//! `slice`: some of the elements of a vector, channels of an image or places of a sequence.

use super::require::misfit;
use super::{Block, ChainCx, Checked, Layer, LayerRow, LowerCx};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::Ex;
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// `size` elements of a vector, channels of an image or places of a sequence, from number `from` on: [n, ..] -> [size, ..].
    pub struct Slice = "slice" [SIZE, FROM];
}

const SIZE: ParamSpec = ParamSpec { name: "size", kind: ArgKind::Int(1), default: None, doc: "how many" };
const FROM: ParamSpec =
    ParamSpec { name: "from", kind: ArgKind::Int(0), default: Some("0"), doc: "the first, from 0" };

#[derive(Debug, PartialEq)]
struct Part {
    from: usize,
    size: usize,
}

impl LayerRow for Slice {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let (size, from) = (args.int(SIZE.name), args.int(FROM.name));
        match input.shape.split_first() {
            Some((n, rest)) if from.saturating_add(size) <= *n => {
                let shape = [size].iter().chain(rest).copied().collect();
                Ok(Checked::global(input.rearranged(shape), Vec::new(), Part { from, size }))
            }
            Some((n, _)) => {
                let message = format!("{size} elements from number {from} on leave what there is");
                Err(misfit(args, message, format!("receives {n} of them"))
                    .help("elements count from 0; give a smaller `size` or `from`"))
            }
            None => Err(misfit(args, "`slice` takes some of several elements", format!("receives {input}"))
                .help("leave it out: there is one number")),
        }
    }
}

impl Layer for Part {
    fn lower<'g>(&self, _: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        vec![x.slice(1, self.from, self.size)]
    }
}
