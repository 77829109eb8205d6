//! `sum`.

use super::{numbers, range};
use crate::event::{EventTy, Kind};
use crate::ir::{Ex, exactly};
use crate::rows::FnRow;

row! {
    /// Sum over all axes of an event; one number for each example.
    pub struct SumFn = "sum";
}

impl FnRow for SumFn {
    fn arity(&self) -> (usize, usize) {
        (1, 1)
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        numbers(args)?;
        let n = args.first().map_or(1, EventTy::size);
        Ok(EventTy { kind: Kind::Real(range(args, 0).summed(n).into()), shape: Vec::new() })
    }
    fn lower<'g>(&self, args: &[Ex<'g>], _: &[EventTy]) -> Ex<'g> {
        let &[x] = exactly(args);
        x.sum_event()
    }
}
