//! `log_sum_exp`.

use super::{last_axis, range};
use crate::event::{EventTy, Kind};
use crate::ir::{Ex, exactly};
use crate::rows::FnRow;

row! {
    /// ln of the sum of e^x over the last axis, without overflow.
    pub struct LogSumExp = "log_sum_exp";
}

impl FnRow for LogSumExp {
    fn arity(&self) -> (usize, usize) {
        (1, 1)
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        let [x] = exactly(args);
        let n = last_axis(args)?;
        let range = range(args, 0).increasing(|x| x + (n as f64).ln());
        let mut shape = x.shape.clone();
        shape.pop();
        Ok(EventTy { kind: Kind::Real(range.into()), shape })
    }
    fn lower<'g>(&self, args: &[Ex<'g>], _: &[EventTy]) -> Ex<'g> {
        let &[x] = exactly(args);
        x.logsumexp_last()
    }
}
