//! `max`.

use super::{combine, fold, numbers, same_shape};
use crate::event::{EventTy, Kind};
use crate::interval::Interval;
use crate::ir::Ex;
use crate::rows::FnRow;

row! {
    /// The larger of two or more, element by element.
    pub struct MaxFn = "max";
}

impl FnRow for MaxFn {
    fn arity(&self) -> (usize, usize) {
        (2, 16)
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        numbers(args)?;
        Ok(EventTy { kind: Kind::Real(combine(args, Interval::max)), shape: same_shape(args)? })
    }
    fn lower<'g>(&self, args: &[Ex<'g>], types: &[EventTy]) -> Ex<'g> {
        fold(args, types, |a, b| a.max(b))
    }
}
