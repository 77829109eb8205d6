//! `norm`.

use super::{numbers, range};
use crate::event::{EventTy, Kind};
use crate::ir::{Ex, exactly};
use crate::rows::FnRow;

row! {
    /// Euclidean length of an event; one number for each example. Its derivative at the zero vector is taken
    /// as 0.
    pub struct Norm = "norm";
}

impl FnRow for Norm {
    fn arity(&self) -> (usize, usize) {
        (1, 1)
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        numbers(args)?;
        let squares = range(args, 0).valley(0.0, 0.0, |x| x * x);
        let range = squares.summed(args.first().map_or(1, EventTy::size)).increasing(f64::sqrt);
        Ok(EventTy { kind: Kind::Real(range.into()), shape: Vec::new() })
    }
    fn lower<'g>(&self, args: &[Ex<'g>], _: &[EventTy]) -> Ex<'g> {
        let &[x] = exactly(args);
        let s = x.sq().sum_event();
        // At a tie the derivative goes to the first argument, so at 0 to the constant; no division by zero.
        s.num(1e-30).max(s).sqrt()
    }
}
