//! `dot`.

use super::{numbers, range, same_shape};
use crate::event::{EventTy, Kind};
use crate::ir::{Ex, exactly};
use crate::rows::FnRow;

row! {
    /// dot(a, b): sum of the products of two events of one shape; one number for each example.
    pub struct Dot = "dot";
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
            [a, _] => {
                let products = range(args, 0) * range(args, 1);
                Ok(EventTy { kind: Kind::Real(products.summed(a.size()).into()), shape: Vec::new() })
            }
            _ => Ok(EventTy::real([])),
        }
    }
    fn lower<'g>(&self, args: &[Ex<'g>], _: &[EventTy]) -> Ex<'g> {
        let &[a, b] = exactly(args);
        (a * b).sum_event()
    }
}
