//! `present`.

use super::numbers;
use crate::event::{EventTy, Kind};
use crate::ir::{DType, Ex, exactly};
use crate::rows::FnRow;
use crate::rows::data::PRESENT;

row! {
    /// present(x): 1 where x is known and 0 where its cell is missing, element by element, of a data variable that is declared `Real?`, `Int(n)?` or
    /// `Bool?`.
    pub struct Present = "present";
}

impl FnRow for Present {
    fn arity(&self) -> (usize, usize) {
        (1, 1)
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        numbers(args)?;
        let shape = args.first().map(|t| t.shape.clone()).unwrap_or_default();
        Ok(EventTy { kind: Kind::Bool, shape })
    }
    fn lower<'g>(&self, args: &[Ex<'g>], _: &[EventTy]) -> Ex<'g> {
        let &[x] = exactly(args);
        x.gt(PRESENT).cast(DType::F)
    }
    fn of_missing(&self) -> bool {
        true
    }
}
