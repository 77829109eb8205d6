//! `sum`.

use super::{ends, numbers};
use crate::event::{EventTy, Kind, Support};
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
        let lo = args.first().map_or(f64::NEG_INFINITY, |t| ends(t.kind.support()).0);
        let support = if lo >= 0.0 { Support::POSITIVE } else { Support::REALS };
        Ok(EventTy { kind: Kind::Real(support), shape: Vec::new() })
    }
    fn lower<'g>(&self, args: &[Ex<'g>], _: &[EventTy]) -> Ex<'g> {
        let &[x] = exactly(args);
        x.sum_event()
    }
}
