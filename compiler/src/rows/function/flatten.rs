//! `flatten`.

use crate::event::EventTy;
use crate::ir::{Dim, Ex, Shape, exactly};
use crate::rows::FnRow;

row! {
    /// All elements as one vector, row by row.
    pub struct Flatten = "flatten";
}

impl FnRow for Flatten {
    fn arity(&self) -> (usize, usize) {
        (1, 1)
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        match args.first() {
            Some(t) => Ok(t.rearranged(vec![t.size()])),
            None => Err((0, "is missing".into())),
        }
    }
    fn lower<'g>(&self, args: &[Ex<'g>], types: &[EventTy]) -> Ex<'g> {
        let (&[x], [ty]) = (exactly(args), exactly(types));
        x.reshape(Shape(vec![x.lead(), Dim::fixed(ty.size())]))
    }
}
