//! `lstm`: a long short-term memory over a sequence.

use super::linear::BIAS;
use super::recurrent::{self, BOTH, Cell, UNITS};
use super::{Block, ChainCx, Checked, LayerRow};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::rows::args::Args;

row! {
    /// A long short-term memory (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000): [T, d] -> [T, units], whose state h
    /// and memory c at a place are made of the element there and those before it, 0 at the start. i, f, o = σ(x W + h U), g = tanh(x W +
    /// h U), c' = f c + i g, h' = o tanh(c'), each with biases. The weights are stored as [d, 4 units] and [units, 4 units], parts in the order
    /// i, f, g, o (as in PyTorch, transposed). A place reads itself and earlier ones: put `shift_right` before it to predict the
    /// element from earlier ones.
    pub struct Lstm = "lstm" [UNITS, BOTH, BIAS];
}

impl LayerRow for Lstm {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        recurrent::check(args, input, Cell::Lstm)
    }
}
