//! `log_softmax`.

use super::last_axis;
use crate::event::{EventTy, Kind, Support};
use crate::ir::{Ex, exactly};
use crate::rows::FnRow;

row! {
    /// ln of `softmax`, without overflow.
    pub struct LogSoftmax = "log_softmax";
}

impl FnRow for LogSoftmax {
    fn arity(&self) -> (usize, usize) {
        (1, 1)
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        let [x] = exactly(args);
        let support = match last_axis(args)? {
            1 => Support::point(0.0),
            _ => Support::open(f64::NEG_INFINITY, 0.0),
        };
        Ok(EventTy { kind: Kind::Real(support), shape: x.shape.clone() })
    }
    fn of_logits(&self) -> bool {
        true
    }
    fn lower<'g>(&self, args: &[Ex<'g>], _: &[EventTy]) -> Ex<'g> {
        let &[x] = exactly(args);
        x.log_softmax(x.last_axis())
    }
}
