//! `min`.

use super::{align, combine, numbers, same_shape};
use crate::event::{EventTy, Kind};
use crate::ir::{Binary, Value};
use crate::rows::{Builder, FnRow, Row};

/// The row.
pub struct MinFn;

impl Row for MinFn {
    fn name(&self) -> &'static str {
        "min"
    }
    fn doc(&self) -> &'static str {
        "The smaller of two or more, element by element."
    }
}

impl FnRow for MinFn {
    fn arity(&self) -> (usize, usize) {
        (2, 16)
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        numbers(args)?;
        Ok(EventTy { kind: Kind::Real(combine(args, f64::min)), shape: same_shape(args)? })
    }
    fn lower(&self, cx: &mut Builder, args: &[Value], types: &[EventTy]) -> Value {
        let rank = types.iter().map(|t| t.shape.len()).max().unwrap_or(0);
        let mut result: Option<Value> = None;
        for &a in args {
            let a = align(cx, a, rank);
            result = Some(result.map_or(a, |r| cx.binary(Binary::Min, r, a)));
        }
        result.unwrap_or_else(|| cx.scalar(0.0))
    }
}
