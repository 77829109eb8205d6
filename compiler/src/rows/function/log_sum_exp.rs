//! `log_sum_exp`.

use super::last_axis;
use crate::event::EventTy;
use crate::ir::{Shape, Value};
use crate::rows::{Builder, FnRow, Row};

/// The row.
pub struct LogSumExp;

impl Row for LogSumExp {
    fn name(&self) -> &'static str {
        "log_sum_exp"
    }
    fn doc(&self) -> &'static str {
        "ln of the sum of e^x over the last axis, without overflow."
    }
}

impl FnRow for LogSumExp {
    fn arity(&self) -> (usize, usize) {
        (1, 1)
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        last_axis(args)?;
        let mut shape = args.first().map(|t| t.shape.clone()).unwrap_or_default();
        shape.pop();
        Ok(EventTy::real(shape))
    }
    fn lower(&self, cx: &mut Builder, args: &[Value], types: &[EventTy]) -> Value {
        let _ = types;
        let Some(&x) = args.first() else { return cx.scalar(0.0) };
        let axis = cx.rank(x).saturating_sub(1);
        let s = cx.logsumexp(x, axis);
        let mut dims = cx.shape(s).0;
        dims.pop();
        cx.reshape(s, Shape(dims))
    }
}
