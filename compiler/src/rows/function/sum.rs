//! `sum`.

use super::{numbers, range};
use crate::event::{EventTy, Kind};
use crate::ir::{Ex, exactly};
use crate::rows::FnRow;

row! {
    /// Sum over all elements of an event, one number for each example: `E[sum((a - b)^2)]` is the squared error of a whole example. Log-densities
    /// and KL divergences are sums over elements, too, so that this is what may be added to them (see `mean`). One number stays as it is.
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
    fn reduces(&self) -> bool {
        true
    }
    fn lower<'g>(&self, args: &[Ex<'g>], _: &[EventTy]) -> Ex<'g> {
        let &[x] = exactly(args);
        x.sum_event()
    }
}
