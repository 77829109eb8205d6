//! `max`.

use super::{align, combine, numbers, same_shape};
use crate::event::{EventTy, Kind};
use crate::ir::{Binary, Value};
use crate::rows::{Builder, FnRow, Row};

/// The row.
pub struct MaxFn;

impl Row for MaxFn {
    fn name(&self) -> &'static str {
        "max"
    }
    fn doc(&self) -> &'static str {
        "The larger of two or more, element by element."
    }
}

impl FnRow for MaxFn {
    fn arity(&self) -> (usize, usize) {
        (2, 16)
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        numbers(args)?;
        Ok(EventTy { kind: Kind::Real(combine(args, f64::max)), shape: same_shape(args)? })
    }
    fn lower(&self, cx: &mut Builder, args: &[Value], types: &[EventTy]) -> Value {
        let rank = types.iter().map(|t| t.shape.len()).max().unwrap_or(0);
        let mut result: Option<Value> = None;
        for &a in args {
            let a = align(cx, a, rank);
            result = Some(result.map_or(a, |r| cx.binary(Binary::Max, r, a)));
        }
        result.unwrap_or_else(|| cx.scalar(0.0))
    }
}
