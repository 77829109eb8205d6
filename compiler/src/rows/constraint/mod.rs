//! Constraints on weights, applied after every update of their player: `player critic { owns D  within clip(0.01) .. }`.

mod clip;
mod norm;

use super::Row;
use super::args::Args;
use crate::ir::Ex;
/// All constraints.
pub const ROWS: &[&dyn ConstraintRow] = &[&clip::Clip, &norm::MaxNorm];

/// A constraint on weights.
pub trait ConstraintRow: Row {
    /// The nearest allowed value of a parameter that was just updated.
    fn apply<'g>(&self, args: &Args, param: Ex<'g>) -> Ex<'g>;
}
