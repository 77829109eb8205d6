//! `flatten`: an event as a vector.

use super::super::args::Args;
use super::super::{BijectionRow, ChainCx, CheckedBijection, Row};

use crate::diag::Diag;
use crate::event::EventTy;
use crate::syntax::ast;

/// `flatten`
pub struct Flatten;

impl Row for Flatten {
    fn name(&self) -> &'static str {
        "flatten"
    }
    fn doc(&self) -> &'static str {
        "The same elements, row-major, as one vector: [C, H, W] -> [C H W]; keeps volumes."
    }
}

impl BijectionRow for Flatten {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        _args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<CheckedBijection, Diag> {
        Ok(super::reshape::reshaped(input, vec![input.size()]))
    }
}
