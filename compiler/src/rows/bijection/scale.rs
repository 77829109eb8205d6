//! `scale`: a trained factor for each element.

use super::super::args::Args;
use super::super::{BijectionRow, ChainCx, CheckedBijection, Row};
use super::parts::Diagonal;
use crate::diag::Diag;
use crate::event::{EventTy, Support};
use crate::syntax::ast;

/// `scale`
pub struct Scale;

impl Row for Scale {
    fn name(&self) -> &'static str {
        "scale"
    }
    fn doc(&self) -> &'static str {
        "y = x exp(s), with a trained s for each element (the last layer of NICE, Dinh et al. 2015, section 3.3). It starts where the first data come out with deviation 1, if the model's density is exact; else at 0."
    }
}

impl BijectionRow for Scale {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        _args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<CheckedBijection, Diag> {
        Ok(Diagonal { scale: true, shift: false, by_channel: false }.on(input))
    }
    /// The factors are positive: half-lines that begin at 0 stay.
    fn keeps(&self, _args: &Args, range: Support) -> bool {
        range == Support::POSITIVE || range == Support::Interval { lo: f64::NEG_INFINITY, hi: 0.0 }
    }
}
