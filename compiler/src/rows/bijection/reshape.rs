//! `reshape`: the same elements under other axes.

use super::super::args::{Args, ParamSpec};
use super::super::layer::parts::view;
use super::super::layer::reshape::new_shape;
use super::super::{BijectionRow, ChainCx, CheckedBijection, Row};
use super::parts::{all_copied, rearrangement};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::syntax::ast;

/// `reshape(12, 4, 4)`
pub struct Reshape;

impl Row for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }
    fn doc(&self) -> &'static str {
        "The same elements, row-major, under other axes; keeps volumes."
    }
    fn params(&self) -> &'static [ParamSpec] {
        crate::rows::layer::reshape::PARAMS
    }
}

impl BijectionRow for Reshape {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<CheckedBijection, Diag> {
        Ok(reshaped(input, new_shape(args, input)?))
    }
}

/// The elements of `input` under the axes `shape`, which hold as many.
pub fn reshaped(input: &EventTy, shape: Vec<usize>) -> CheckedBijection {
    let out = EventTy { kind: input.kind, shape: shape.clone() };
    let from = input.shape.clone();
    let order = all_copied(input.size()).into_iter().flatten().collect();
    rearrangement(out, order, move |cx, z| view(cx, z, &shape), move |cx, x| view(cx, x, &from))
}
