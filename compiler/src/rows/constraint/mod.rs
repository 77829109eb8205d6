//! Constraints on weights, applied after every update of their player: `player critic owns D within clip(0.01) ..`.

mod clip;
mod norm;

use super::Row;
use super::args::Args;
use crate::ir::{Graph, Value};
/// All constraints.
pub const ROWS: &[&dyn ConstraintRow] = &[&clip::Clip, &norm::MaxNorm];

/// A constraint on weights.
pub trait ConstraintRow: Row {
    /// The nearest allowed value of a parameter that was just updated.
    fn apply(&self, g: &mut Graph, args: &Args, param: Value) -> Value;
}
