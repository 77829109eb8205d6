//! `concat`.

use super::{combine, numbers};
use crate::event::{EventTy, Kind, shape_text};
use crate::interval::Interval;
use crate::ir::{Dim, Ex, Shape, common_lead};
use crate::rows::FnRow;

row! {
    /// Events one after the other: vectors (a number counts as a vector of length 1), or feature maps of one
    /// size along their channels. A class joins as one-hot.
    pub struct ConcatFn = "concat";
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
        let all_bool = args.iter().all(|t| t.kind == Kind::Bool);
        let kind = if all_bool { Kind::Bool } else { Kind::Real(combine(args, Interval::hull)) };
        Ok(EventTy { kind, shape })
    }
    fn lower<'g>(&self, args: &[Ex<'g>], types: &[EventTy]) -> Ex<'g> {
        let batch = common_lead(args);
        let part = |(&x, ty): (&Ex<'g>, &EventTy)| {
            let event: &[usize] = if ty.shape.is_empty() { &[1] } else { &ty.shape };
            let of =
                |lead: Dim| Shape([lead].into_iter().chain(event.iter().map(|&n| Dim::fixed(n))).collect());
            let x = if x.rank() == 0 { x } else { x.reshape(of(x.lead())) };
            x.broadcast(&of(batch))
        };
        let parts: Vec<Ex> = args.iter().zip(types).map(part).collect();
        match parts.first() {
            Some(first) => first.scope().concat(&parts, 1),
            None => panic!("internal: nothing to concatenate"),
        }
    }
}
