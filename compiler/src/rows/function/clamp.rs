//! `clamp`.

use super::{align, ends, numbers, same_shape};
use crate::event::{EventTy, Kind, Support};
use crate::ir::{Binary, Value};
use crate::rows::{Builder, FnRow, Row};

/// The row.
pub struct Clamp;

impl Row for Clamp {
    fn name(&self) -> &'static str {
        "clamp"
    }
    fn doc(&self) -> &'static str {
        "clamp(x, lo, hi): x, but at least lo and at most hi, element by element."
    }
}

impl FnRow for Clamp {
    fn arity(&self) -> (usize, usize) {
        (3, 3)
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        numbers(args)?;
        let shape = same_shape(args)?;
        let [(a, b), (lo_a, lo_b), (hi_a, hi_b)] =
            [0, 1, 2].map(|i| args.get(i).map_or((0.0, 0.0), |t| ends(t.kind.support())));
        Ok(EventTy {
            kind: Kind::Real(Support::Interval { lo: a.max(lo_a).min(hi_a), hi: b.max(lo_b).min(hi_b) }),
            shape,
        })
    }
    fn lower(&self, cx: &mut Builder, args: &[Value], types: &[EventTy]) -> Value {
        let rank = types.iter().map(|t| t.shape.len()).max().unwrap_or(0);
        let aligned: Vec<Value> = args.iter().map(|&a| align(cx, a, rank)).collect();
        match aligned.as_slice() {
            [x, lo, hi] => {
                let x = cx.binary(Binary::Max, *x, *lo);
                cx.binary(Binary::Min, x, *hi)
            }
            other => other.first().copied().unwrap_or_else(|| cx.scalar(0.0)),
        }
    }
}
