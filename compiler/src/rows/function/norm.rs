//! `norm`.

use super::{event_axes, numbers, only_batch};
use crate::event::{EventTy, Kind, Support};
use crate::ir::{Binary, Value};
use crate::rows::{Builder, FnRow, Row};

/// The row.
pub struct Norm;

impl Row for Norm {
    fn name(&self) -> &'static str {
        "norm"
    }
    fn doc(&self) -> &'static str {
        "Euclidean length of an event; one number for each example. Its derivative at the zero vector is taken as 0."
    }
}

impl FnRow for Norm {
    fn arity(&self) -> (usize, usize) {
        (1, 1)
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        numbers(args)?;
        Ok(EventTy { kind: Kind::Real(Support::POSITIVE), shape: Vec::new() })
    }
    fn lower(&self, cx: &mut Builder, args: &[Value], types: &[EventTy]) -> Value {
        let _ = types;
        let Some(&x) = args.first() else { return cx.scalar(0.0) };
        let sq = cx.square(x);
        let axes = event_axes(cx, sq);
        let s = cx.sum(sq, &axes);
        let s = only_batch(cx, s);
        // At a tie the derivative goes to the first argument, so at 0 to the constant; no division by zero.
        let least = cx.scalar(1e-30);
        let s = cx.binary(Binary::Max, least, s);
        cx.sqrt(s)
    }
}
