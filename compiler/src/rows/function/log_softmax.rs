//! `log_softmax`.

use super::last_axis;
use crate::event::{EventTy, Kind, Support};
use crate::ir::Value;
use crate::rows::{Builder, FnRow, Row};

/// The row.
pub struct LogSoftmax;

impl Row for LogSoftmax {
    fn name(&self) -> &'static str {
        "log_softmax"
    }
    fn doc(&self) -> &'static str {
        "ln of `softmax`, without overflow."
    }
}

impl FnRow for LogSoftmax {
    fn arity(&self) -> (usize, usize) {
        (1, 1)
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        last_axis(args)?;
        let support = Support::Interval { lo: f64::NEG_INFINITY, hi: 0.0 };
        Ok(EventTy {
            kind: Kind::Real(support),
            shape: args.first().map(|t| t.shape.clone()).unwrap_or_default(),
        })
    }
    fn lower(&self, cx: &mut Builder, args: &[Value], types: &[EventTy]) -> Value {
        let _ = types;
        let Some(&x) = args.first() else { return cx.scalar(0.0) };
        let axis = cx.rank(x).saturating_sub(1);
        cx.log_softmax(x, axis)
    }
}
