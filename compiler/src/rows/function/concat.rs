//! `concat`.

use super::{combine, ends, numbers};
use crate::event::{EventTy, Kind, Support, shape_text};
use crate::ir::{Dim, Shape, Value};
use crate::rows::{Builder, FnRow, Row, lead};

/// The row.
pub struct ConcatFn;

impl Row for ConcatFn {
    fn name(&self) -> &'static str {
        "concat"
    }
    fn doc(&self) -> &'static str {
        "Events one after the other: vectors (a number counts as a vector of length 1), or feature maps of one size along their channels. A class joins as one-hot."
    }
}

impl FnRow for ConcatFn {
    fn arity(&self) -> (usize, usize) {
        (1, 16)
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        numbers(args)?;
        let mut first: Option<Vec<usize>> = None;
        let mut length = 0;
        for (i, ty) in args.iter().enumerate() {
            let shape = if ty.shape.is_empty() { vec![1] } else { ty.shape.clone() };
            length += shape.first().copied().unwrap_or(1);
            match &first {
                Some(s) if s.get(1..) != shape.get(1..) => {
                    return Err((
                        i,
                        format!(
                            "has shape {} and does not continue one of shape {}",
                            ty.shape_text(),
                            shape_text(s)
                        ),
                    ));
                }
                Some(_) => {}
                None => first = Some(shape),
            }
        }
        let mut shape = first.unwrap_or_else(|| vec![0]);
        if let Some(axis) = shape.first_mut() {
            *axis = length;
        }
        let lo = combine(args, f64::min);
        let hi = combine(args, f64::max);
        let all_bool = args.iter().all(|t| t.kind == Kind::Bool);
        let kind = if all_bool {
            Kind::Bool
        } else {
            Kind::Real(Support::Interval { lo: ends(lo).0, hi: ends(hi).1 })
        };
        Ok(EventTy { kind, shape })
    }
    fn lower(&self, cx: &mut Builder, args: &[Value], types: &[EventTy]) -> Value {
        let batch = lead(cx, args);
        let mut parts = Vec::with_capacity(args.len());
        for (&a, ty) in args.iter().zip(types) {
            let event: &[usize] = if ty.shape.is_empty() { &[1] } else { &ty.shape };
            let mut dims: Vec<Dim> = event.iter().map(|&n| Dim::fixed(n)).collect();
            dims.insert(0, cx.shape(a).0.first().copied().unwrap_or(batch));
            let a = if cx.rank(a) == 0 {
                cx.broadcast(a, Shape(dims.clone()))
            } else {
                cx.reshape(a, Shape(dims.clone()))
            };
            if let Some(b) = dims.first_mut() {
                *b = batch;
            }
            parts.push(cx.broadcast(a, Shape(dims)));
        }
        if parts.is_empty() { cx.scalar(0.0) } else { cx.concat(&parts, 1) }
    }
}
