//! `batch_mean`.

use super::numbers;
use crate::event::EventTy;
use crate::ir::{Ex, exactly};
use crate::rows::FnRow;

row! {
    /// Mean over the examples of a batch, for each element of an event: an event that is the same for every
    /// example. In payoffs only.
    pub struct BatchMean = "batch_mean";
}

impl FnRow for BatchMean {
    fn arity(&self) -> (usize, usize) {
        (1, 1)
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        numbers(args)?;
        args.first()
            .map(|a| EventTy { kind: crate::event::Kind::Real(a.kind.support()), shape: a.shape.clone() })
            .ok_or((0, "is missing".into()))
    }
    fn mixes_batch(&self) -> bool {
        true
    }
    fn lower<'g>(&self, args: &[Ex<'g>], _: &[EventTy]) -> Ex<'g> {
        let &[x] = exactly(args);
        if x.rank() == 0 { x } else { x.mean(&[0]) }
    }
}
