//! `reshape`: the same elements under other axes.

use super::parts::rearrangement;
use super::{Bijection, BijectionRow, CheckedBijection, Direction, Found, Moved};
use crate::event::EventTy;
use crate::ir::Ex;
use crate::rows::args::Args;
use crate::rows::layer::reshape::{SHAPE, new_shape};
use crate::rows::{Block, ChainCx, LowerCx};

row! {
    /// The same elements, row-major, under other axes; keeps volumes.
    pub struct Reshape = "reshape" [SHAPE];
}

#[derive(Debug, PartialEq)]
struct View {
    from: Vec<usize>,
    to: Vec<usize>,
}

/// The elements of `input` under the axes `shape`, which hold as many.
pub fn reshaped(input: &EventTy, shape: Vec<usize>) -> CheckedBijection {
    let out = EventTy { kind: input.kind, shape: shape.clone() };
    let view = View { from: input.shape.clone(), to: shape };
    rearrangement(out, (0..input.size()).collect(), view)
}

impl BijectionRow for Reshape {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Found {
        Ok(reshaped(input, new_shape(args, input)?))
    }
}

impl Bijection for View {
    fn run<'g>(&self, _: LowerCx<'g, '_>, x: Ex<'g>, to: Direction) -> Moved<'g> {
        let shape = match to {
            Direction::Forward => &self.to,
            Direction::Inverse => &self.from,
        };
        (x.view(shape), None)
    }
}
