//! `mean`.

use super::{combine, event_axes, numbers, only_batch};
use crate::event::{EventTy, Kind};
use crate::ir::{ReduceKind, Value};
use crate::rows::{Builder, FnRow, Row};

/// The row.
pub struct MeanFn;

impl Row for MeanFn {
    fn name(&self) -> &'static str {
        "mean"
    }
    fn doc(&self) -> &'static str {
        "Mean over all axes of an event; one number for each example."
    }
}

impl FnRow for MeanFn {
    fn arity(&self) -> (usize, usize) {
        (1, 1)
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        numbers(args)?;
        Ok(EventTy { kind: Kind::Real(combine(args, |a, _| a)), shape: Vec::new() })
    }
    fn lower(&self, cx: &mut Builder, args: &[Value], types: &[EventTy]) -> Value {
        let _ = types;
        let Some(&x) = args.first() else { return cx.scalar(0.0) };
        let axes = event_axes(cx, x);
        let s = cx.reduce(ReduceKind::Mean, x, &axes);
        only_batch(cx, s)
    }
}
