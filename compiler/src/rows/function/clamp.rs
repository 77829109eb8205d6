//! `clamp`.

use super::{aligned, numbers, range, same_shape};
use crate::event::{EventTy, Kind};
use crate::ir::{Ex, exactly};
use crate::rows::FnRow;

row! {
    /// clamp(x, lo, hi): x, but at least lo and at most hi, element by element.
    pub struct Clamp = "clamp";
}

impl FnRow for Clamp {
    fn arity(&self) -> (usize, usize) {
        (3, 3)
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        numbers(args)?;
        let shape = same_shape(args)?;
        let [x, lo, hi] = [0, 1, 2].map(|i| range(args, i));
        Ok(EventTy { kind: Kind::Real(x.max(lo).min(hi).into()), shape })
    }
    fn lower<'g>(&self, args: &[Ex<'g>], types: &[EventTy]) -> Ex<'g> {
        let aligned: Vec<Ex> = aligned(args, types).collect();
        let &[x, lo, hi] = exactly(&aligned);
        x.max(lo).min(hi)
    }
}
