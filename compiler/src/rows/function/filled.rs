//! `filled`.

use super::{aligned, combine, numbers, same_shape};
use crate::event::{EventTy, Kind};
use crate::ir::{Ex, exactly};
use crate::rows::FnRow;
use crate::rows::data::PRESENT;

row! {
    /// filled(x, c): x where it is known, c where its cell is missing, element by element, of a data variable that is declared `Real?`, `Int(n)?` or
    /// `Bool?`. A net that reads it learns what was known from `present(x)`: `encode(filled(x, 0), present(x))`.
    pub struct Filled = "filled";
}

impl FnRow for Filled {
    fn arity(&self) -> (usize, usize) {
        (2, 2)
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        numbers(args)?;
        let shape = same_shape(args)?;
        Ok(EventTy { kind: Kind::Real(combine(args, |a, b| a.hull(b))), shape })
    }
    fn lower<'g>(&self, args: &[Ex<'g>], types: &[EventTy]) -> Ex<'g> {
        let aligned: Vec<Ex> = aligned(args, types).collect();
        let &[x, c] = exactly(&aligned);
        x.gt(PRESENT).select(x, c)
    }
    fn of_missing(&self) -> bool {
        true
    }
}
