//! `permute`: coordinates or channels in a fixed random order.

use super::super::args::{ArgKind, Args, ParamSpec};
use super::super::{BijectionRow, ChainCx, CheckedBijection, Row};
use super::parts::{need_places, shuffle};
use super::permutation::permutation;
use crate::diag::Diag;
use crate::event::EventTy;
use crate::syntax::ast;

/// `permute(1)`
pub struct Permute;

impl Row for Permute {
    fn name(&self) -> &'static str {
        "permute"
    }
    fn doc(&self) -> &'static str {
        "The coordinates of a vector, or the channels of an image, in an order that the seed fixes; keeps volumes."
    }
    fn params(&self) -> &'static [ParamSpec] {
        &[ParamSpec { name: "seed", kind: ArgKind::Int(0), default: Some("0"), doc: "which order" }]
    }
}

impl BijectionRow for Permute {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<CheckedBijection, Diag> {
        let n = need_places(args, input)?;
        Ok(shuffle(input, permutation(n, args.int("seed") as u64)))
    }
}
