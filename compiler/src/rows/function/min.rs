//! `min`.

use super::{combine, fold, numbers, same_shape};
use crate::event::{EventTy, Kind};
use crate::interval::Interval;
use crate::ir::Ex;
use crate::rows::FnRow;

row! {
    /// The smaller of two or more, element by element.
    pub struct MinFn = "min";
}

impl FnRow for MinFn {
    fn arity(&self) -> (usize, usize) {
        (2, 16)
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        numbers(args)?;
        Ok(EventTy { kind: Kind::Real(combine(args, Interval::min)), shape: same_shape(args)? })
    }
    fn lower<'g>(&self, args: &[Ex<'g>], types: &[EventTy]) -> Ex<'g> {
        fold(args, types, |a, b| a.min(b))
    }
}
