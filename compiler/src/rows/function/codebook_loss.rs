//! `codebook_loss`.

use super::codebook::{Moved, distance, distance_ty};
use crate::event::EventTy;
use crate::ir::Value;
use crate::rows::{Builder, FnRow, Row};

/// The row.
pub struct CodebookLoss;

impl Row for CodebookLoss {
    fn name(&self) -> &'static str {
        "codebook_loss"
    }
    fn doc(&self) -> &'static str {
        "Squared distance between vectors and their nearest entries of a codebook, summed over the vectors of an example, whose derivative moves \
         the codebook only (van den Oord et al. 2017, eq. 3, second term). Vectors and codebook as for `nearest`."
    }
}

impl FnRow for CodebookLoss {
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
        distance(cx, args, types, &Moved::Entries)
    }
}
