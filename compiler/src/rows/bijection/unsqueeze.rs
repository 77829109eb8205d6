//! `unsqueeze`: channels become tiles of pixels.

use super::parts::{Undo, rearrangement};
use super::permutation::undo;
use super::squeeze::{FACTOR, squeeze};
use super::{BijectionRow, Found};
use crate::event::EventTy;
use crate::rows::args::Args;
use crate::rows::layer::require::{misfit, need_image};
use crate::rows::{Block, ChainCx};

row! {
    /// f² channels become an f x f tile of pixels: [f² C, H, W] -> [C, f H, f W]; keeps volumes. The inverse of `squeeze`; a flow that
    /// ends at images starts its convolutional part from squeezed ones and ends with this.
    pub struct Unsqueeze = "unsqueeze" [FACTOR];
}

impl BijectionRow for Unsqueeze {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Found {
        let [c, h, w] = need_image(args, input)?;
        let f = args.int(FACTOR.name).max(1);
        if c % (f * f) != 0 {
            let d = misfit(
                args,
                format!("{c} channels do not make tiles of {f} x {f}"),
                format!("receives {c} channels"),
            );
            return Err(d.help(format!("the number of channels must be divisible by {}", f * f)));
        }
        let c = c / (f * f);
        let out = EventTy { kind: input.kind, shape: vec![c, h * f, w * f] };
        let there = squeeze(&out, [c, h, w], f);
        let order: Vec<usize> = there.identity_dims.iter().flatten().collect();
        Ok(rearrangement(out, undo(&order), Undo(there.bijection)))
    }
}
