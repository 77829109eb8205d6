//! `gru`: a gated recurrent unit over a sequence.

use super::linear::BIAS;
use super::recurrent::{self, BOTH, Cell, UNITS};
use super::{Block, ChainCx, Checked, LayerRow};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::rows::args::Args;

row! {
    /// A gated recurrent unit (Cho et al. 2014): [T, d] -> [T, units], whose state at a place is made of the element there and the state
    /// before it, 0 at the start. r = σ(x W_r + h U_r), z = σ(x W_z + h U_z), n = tanh(x W_n + r (h U_n)), h' = (1 - z) n + z h, each
    /// with biases. The weights are stored as [d, 3 units] and [units, 3 units], parts in the order r, z, n (as in PyTorch,
    /// transposed). A place reads itself and earlier ones: put `shift_right` before it to predict the element from earlier ones.
    pub struct Gru = "gru" [UNITS, BOTH, BIAS];
}

impl LayerRow for Gru {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        recurrent::check(args, input, Cell::Gru)
    }
}
