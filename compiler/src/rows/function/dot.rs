//! `dot`.

use super::{event_axes, numbers, only_batch, same_shape};
use crate::event::EventTy;
use crate::ir::Value;
use crate::rows::{Builder, FnRow, Row};

/// The row.
pub struct Dot;

impl Row for Dot {
    fn name(&self) -> &'static str {
        "dot"
    }
    fn doc(&self) -> &'static str {
        "dot(a, b): sum of the products of two events of one shape; one number for each example."
    }
}

impl FnRow for Dot {
    fn arity(&self) -> (usize, usize) {
        (2, 2)
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        numbers(args)?;
        same_shape(args)?;
        match args {
            [a, b] if a.shape != b.shape => {
                Err((1, format!("has shape {} where the first has {}", b.shape_text(), a.shape_text())))
            }
            _ => Ok(EventTy::real([])),
        }
    }
    fn lower(&self, cx: &mut Builder, args: &[Value], types: &[EventTy]) -> Value {
        let _ = types;
        let [a, b] = args else { return cx.scalar(0.0) };
        let p = cx.mul(*a, *b);
        let axes = event_axes(cx, p);
        let s = cx.sum(p, &axes);
        only_batch(cx, s)
    }
}
