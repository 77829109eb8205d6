//! `clamp`.

use super::{aligned, ends, numbers, same_shape};
use crate::event::{EventTy, Kind, Support};
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
        let [(a, b), (lo_a, lo_b), (hi_a, hi_b)] =
            [0, 1, 2].map(|i| args.get(i).map_or((0.0, 0.0), |t| ends(t.kind.support())));
        Ok(EventTy {
            kind: Kind::Real(Support::Interval { lo: a.max(lo_a).min(hi_a), hi: b.max(lo_b).min(hi_b) }),
            shape,
        })
    }
    fn lower<'g>(&self, args: &[Ex<'g>], types: &[EventTy]) -> Ex<'g> {
        let aligned: Vec<Ex> = aligned(args, types).collect();
        let &[x, lo, hi] = exactly(&aligned);
        x.max(lo).min(hi)
    }
}
