//! `unsqueeze`: channels become tiles of pixels.

use super::super::args::{Args, ParamSpec};
use super::super::layer::parts::{misfit, need_image};
use super::super::{BijectionRow, ChainCx, CheckedBijection, Row};
use super::permutation::undo;
use super::squeeze::{PARAMS, squeeze};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::syntax::ast;

/// `unsqueeze(2)`
pub struct Unsqueeze;

impl Row for Unsqueeze {
    fn name(&self) -> &'static str {
        "unsqueeze"
    }
    fn doc(&self) -> &'static str {
        "f² channels become an f x f tile of pixels: [f² C, H, W] -> [C, f H, f W]; keeps volumes. The inverse of `squeeze`; a flow that ends \
         at images starts its convolutional part from squeezed ones and ends with this."
    }
    fn params(&self) -> &'static [ParamSpec] {
        PARAMS
    }
}

impl BijectionRow for Unsqueeze {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<CheckedBijection, Diag> {
        let [c, h, w] = need_image(args, input)?;
        let f = args.int("factor").max(1);
        if c % (f * f) != 0 {
            let d = misfit(
                args,
                format!("{c} channels do not make tiles of {f} x {f}"),
                format!("receives {c} channels"),
            );
            return Err(d.help(format!("the number of channels must be divisible by {}", f * f)));
        }
        let out = EventTy { kind: input.kind, shape: vec![c / (f * f), h * f, w * f] };
        let there = squeeze(&out, [c / (f * f), h, w], f);
        let order: Vec<usize> = there.copies.iter().flatten().copied().collect();
        let copies = undo(&order).into_iter().map(Some).collect();
        Ok(CheckedBijection { out, copies, forward: there.inverse, inverse: there.forward, ..there })
    }
}
