//! `softmax`.

use super::last_axis;
use crate::event::{EventTy, Kind, Support};
use crate::ir::Value;
use crate::rows::{Builder, FnRow, Row};

/// The row.
pub struct Softmax;

impl Row for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }
    fn doc(&self) -> &'static str {
        "e^x over its sum along the last axis: positive, with sum 1."
    }
}

impl FnRow for Softmax {
    fn arity(&self) -> (usize, usize) {
        (1, 1)
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        last_axis(args)?;
        Ok(EventTy {
            kind: Kind::Real(Support::Simplex),
            shape: args.first().map(|t| t.shape.clone()).unwrap_or_default(),
        })
    }
    fn lower(&self, cx: &mut Builder, args: &[Value], types: &[EventTy]) -> Value {
        let _ = types;
        let Some(&x) = args.first() else { return cx.scalar(0.0) };
        let axis = cx.rank(x).saturating_sub(1);
        let l = cx.log_softmax(x, axis);
        cx.exp(l)
    }
}
