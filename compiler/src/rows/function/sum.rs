//! `sum`.

use super::{ends, event_axes, numbers, only_batch};
use crate::event::{EventTy, Kind, Support};
use crate::ir::Value;
use crate::rows::{Builder, FnRow, Row};

/// The row.
pub struct SumFn;

impl Row for SumFn {
    fn name(&self) -> &'static str {
        "sum"
    }
    fn doc(&self) -> &'static str {
        "Sum over all axes of an event; one number for each example."
    }
}

impl FnRow for SumFn {
    fn arity(&self) -> (usize, usize) {
        (1, 1)
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        numbers(args)?;
        let lo = args.first().map_or(f64::NEG_INFINITY, |t| ends(t.kind.support()).0);
        let support = if lo >= 0.0 { Support::POSITIVE } else { Support::REALS };
        Ok(EventTy { kind: Kind::Real(support), shape: Vec::new() })
    }
    fn lower(&self, cx: &mut Builder, args: &[Value], types: &[EventTy]) -> Value {
        let _ = types;
        let Some(&x) = args.first() else { return cx.scalar(0.0) };
        let axes = event_axes(cx, x);
        let s = cx.sum(x, &axes);
        only_batch(cx, s)
    }
}
