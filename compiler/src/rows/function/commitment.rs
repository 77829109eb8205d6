//! `commitment`.

use super::codebook::{Moved, distance, distance_ty};
use crate::event::EventTy;
use crate::ir::Ex;
use crate::rows::FnRow;

row! {
    /// Squared distance between vectors and their nearest entries of a codebook, summed over the vectors of
    /// an example, whose derivative moves the vectors only (van den Oord et al. 2017, eq. 3, third term,
    /// without its factor beta). Vectors and codebook as for `nearest`.
    pub struct Commitment = "commitment";
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
    fn lower<'g>(&self, args: &[Ex<'g>], types: &[EventTy]) -> Ex<'g> {
        distance(args, types, &Moved::Vectors)
    }
}
