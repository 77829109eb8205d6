//! `softmax`.

use super::last_axis;
use crate::event::{EventTy, Kind, Support};
use crate::ir::{Ex, exactly};
use crate::rows::FnRow;

row! {
    /// e^x over its sum along the last axis: positive, with sum 1.
    pub struct Softmax = "softmax";
}

impl FnRow for Softmax {
    fn arity(&self) -> (usize, usize) {
        (1, 1)
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        let [x] = exactly(args);
        let n = last_axis(args)?;
        Ok(EventTy { kind: Kind::Real(Support::Simplex { open: n > 1 }), shape: x.shape.clone() })
    }
    fn of_logits(&self) -> bool {
        true
    }
    fn lower<'g>(&self, args: &[Ex<'g>], _: &[EventTy]) -> Ex<'g> {
        let &[x] = exactly(args);
        x.log_softmax(x.last_axis()).exp()
    }
}
