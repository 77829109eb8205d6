//! `mean`.

use super::{numbers, range};
use crate::event::{EventTy, Kind};
use crate::ir::{Ex, Shape, exactly};
use crate::rows::FnRow;

row! {
    /// Mean over all elements of an event, one number for each example: `E[mean((a - b)^2)]` is the mean squared error of one element. It is
    /// the sum (see `sum`) over how many elements there are, and must not stand beside log-densities or a KL, which are sums. One number stays as
    /// it is.
    pub struct MeanFn = "mean";
}

impl FnRow for MeanFn {
    fn arity(&self) -> (usize, usize) {
        (1, 1)
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        numbers(args)?;
        Ok(EventTy { kind: Kind::Real(range(args, 0).into()), shape: Vec::new() })
    }
    fn reduces(&self) -> bool {
        true
    }
    fn averages(&self) -> bool {
        true
    }
    fn lower<'g>(&self, args: &[Ex<'g>], _: &[EventTy]) -> Ex<'g> {
        let &[x] = exactly(args);
        let event: Vec<usize> = (1..x.rank()).collect();
        x.mean(&event).reshape(Shape(x.shape().0.into_iter().take(1).collect()))
    }
}
