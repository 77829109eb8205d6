//! `flatten`.

use crate::event::EventTy;
use crate::ir::{Dim, Shape, Value};
use crate::rows::{Builder, FnRow, Row};

/// The row.
pub struct Flatten;

impl Row for Flatten {
    fn name(&self) -> &'static str {
        "flatten"
    }
    fn doc(&self) -> &'static str {
        "All elements as one vector, row by row."
    }
}

impl FnRow for Flatten {
    fn arity(&self) -> (usize, usize) {
        (1, 1)
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        match args.first() {
            Some(t) => Ok(EventTy { kind: t.kind, shape: vec![t.size()] }),
            None => Err((0, "is missing".into())),
        }
    }
    fn lower(&self, cx: &mut Builder, args: &[Value], types: &[EventTy]) -> Value {
        let Some(&x) = args.first() else { return cx.scalar(0.0) };
        let n = types.first().map_or(1, EventTy::size);
        match cx.shape(x).0.first() {
            Some(&batch) => cx.reshape(x, Shape(vec![batch, Dim::fixed(n)])),
            None => cx.reshape(x, Shape::fixed(&[1, n])),
        }
    }
}
