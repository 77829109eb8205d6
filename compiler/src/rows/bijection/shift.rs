//! `shift`: a trained summand for each element.

use super::super::args::Args;
use super::super::{BijectionRow, ChainCx, CheckedBijection, Row};
use super::parts::Diagonal;
use crate::diag::Diag;
use crate::event::EventTy;
use crate::syntax::ast;

/// `shift`
pub struct Shift;

impl Row for Shift {
    fn name(&self) -> &'static str {
        "shift"
    }
    fn doc(&self) -> &'static str {
        "y = x + b, with a trained b for each element; keeps volumes. It starts where the first data come out with mean 0, if the model's density is exact; else at 0."
    }
}

impl BijectionRow for Shift {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        _args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<CheckedBijection, Diag> {
        Ok(Diagonal { scale: false, shift: true, by_channel: false }.on(input))
    }
}
