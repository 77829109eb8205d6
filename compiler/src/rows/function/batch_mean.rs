//! `batch_mean`.

use super::numbers;
use crate::event::EventTy;
use crate::ir::ReduceKind;
use crate::ir::Value;
use crate::rows::{Builder, FnRow, Row};

/// The row.
pub struct BatchMean;

impl Row for BatchMean {
    fn name(&self) -> &'static str {
        "batch_mean"
    }
    fn doc(&self) -> &'static str {
        "Mean over the examples of a batch, for each element of an event: an event that is the same for every example. In payoffs only."
    }
}

impl FnRow for BatchMean {
    fn arity(&self) -> (usize, usize) {
        (1, 1)
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        numbers(args)?;
        args.first()
            .map(|a| EventTy { kind: crate::event::Kind::Real(a.kind.support()), shape: a.shape.clone() })
            .ok_or((0, "is missing".into()))
    }
    fn mixes_batch(&self) -> bool {
        true
    }
    fn lower(&self, cx: &mut Builder, args: &[Value], types: &[EventTy]) -> Value {
        let _ = types;
        let Some(&x) = args.first() else { return cx.scalar(0.0) };
        if cx.rank(x) == 0 { x } else { cx.reduce(ReduceKind::Mean, x, &[0]) }
    }
}
