//! Constraints on weights, applied after every update of their player: `player critic owns D within clip(0.01) ..`.

mod clip;
mod norm;

use super::ConstraintRow;

/// All constraints.
pub const ROWS: &[&dyn ConstraintRow] = &[&clip::Clip, &norm::MaxNorm];
