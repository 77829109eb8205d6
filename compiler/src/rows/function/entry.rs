//! `entry`.

use super::numbers;
use crate::event::EventTy;
use crate::ir::{Dim, Shape, Value};
use crate::rows::{Builder, FnRow, Row};

/// The row.
pub struct Entry;

impl Row for Entry {
    fn name(&self) -> &'static str {
        "entry"
    }
    fn doc(&self) -> &'static str {
        "The entry of a codebook [entries, d] that a class stands for: [d]. A vector of as many weights as there are entries gives the entries' \
         weighted sum."
    }
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
            [n] if *n == entries => Ok(EventTy::real([width])),
            _ => Err((0, format!("is no class of {entries}, the number of entries"))),
        }
    }
    fn lower(&self, cx: &mut Builder, args: &[Value], _types: &[EventTy]) -> Value {
        let [k, book] = args else { return cx.scalar(0.0) };
        let dims: Vec<Dim> = cx.shape(*book).0.into_iter().skip(1).collect();
        let table = cx.reshape(*book, Shape(dims));
        cx.matmul(*k, table)
    }
}
