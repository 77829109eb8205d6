//! `reverse`: coordinates or channels in reverse order.

use super::super::args::Args;
use super::super::{BijectionRow, ChainCx, CheckedBijection, Row};
use super::parts::{need_places, shuffle};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::syntax::ast;

/// `reverse`
pub struct Reverse;

impl Row for Reverse {
    fn name(&self) -> &'static str {
        "reverse"
    }
    fn doc(&self) -> &'static str {
        "The coordinates of a vector, or the channels of an image, in reverse order; keeps volumes."
    }
}

impl BijectionRow for Reverse {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<CheckedBijection, Diag> {
        let n = need_places(args, input)?;
        Ok(shuffle(input, (0..n).rev().collect()))
    }
}
