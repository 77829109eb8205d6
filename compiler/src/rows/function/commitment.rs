//! `commitment`.

use super::codebook::{Moved, distance, distance_ty};
use crate::event::EventTy;
use crate::ir::Value;
use crate::rows::{Builder, FnRow, Row};

/// The row.
pub struct Commitment;

impl Row for Commitment {
    fn name(&self) -> &'static str {
        "commitment"
    }
    fn doc(&self) -> &'static str {
        "Squared distance between vectors and their nearest entries of a codebook, summed over the vectors of an example, whose derivative moves \
         the vectors only (van den Oord et al. 2017, eq. 3, third term, without its factor beta). Vectors and codebook as for `nearest`."
    }
}

impl FnRow for Commitment {
    fn arity(&self) -> (usize, usize) {
        (2, 2)
    }
    fn shared(&self, argument: usize) -> bool {
        argument == 1
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        distance_ty(args)
    }
    fn lower(&self, cx: &mut Builder, args: &[Value], types: &[EventTy]) -> Value {
        distance(cx, args, types, &Moved::Vectors)
    }
}
