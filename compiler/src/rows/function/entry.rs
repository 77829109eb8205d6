//! `entry`.

use super::{numbers, range};
use crate::event::{EventTy, Kind, Support};
use crate::ir::{Ex, Shape, exactly};
use crate::rows::FnRow;

row! {
    /// The entry of a codebook [entries, d] that a class stands for: [d]. A vector of as many weights as
    /// there are entries gives the entries' weighted sum.
    pub struct Entry = "entry";
}

impl FnRow for Entry {
    fn arity(&self) -> (usize, usize) {
        (2, 2)
    }
    fn shared(&self, argument: usize) -> bool {
        argument == 1
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        numbers(args)?;
        let [k, book] = args else { return Err((0, "needs a codebook beside it".into())) };
        let [entries, width] = *book.shape.as_slice() else {
            return Err((
                1,
                format!("has shape {} and must be a table [entries, numbers of an entry]", book.shape_text()),
            ));
        };
        match k.shape.as_slice() {
            [n] if *n == entries => {
                let (weights, of) = (k.kind.support(), range(args, 1));
                // Weights that sum to 1 leave the mean within the range of the entries.
                let range = match k.kind.inside(Kind::Real(Support::SIMPLEX)) {
                    true => of,
                    false => (weights.interval() * of).summed(entries),
                };
                Ok(EventTy { kind: Kind::Real(range.into()), shape: vec![width] })
            }
            _ => Err((0, format!("is no class of {entries}, the number of entries"))),
        }
    }
    fn lower<'g>(&self, args: &[Ex<'g>], _: &[EventTy]) -> Ex<'g> {
        let &[k, book] = exactly(args);
        let table = book.shape().0.into_iter().skip(1).collect();
        k.matmul(book.reshape(Shape(table)))
    }
}
