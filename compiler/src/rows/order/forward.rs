//! `forward`.

use super::{Order, OrderRow, along};
use crate::rows::Row;
use crate::rows::args::Args;

row! {
    /// The elements of a vector [n], or of a sequence [n, ..], from the first to the last.
    pub struct Forward = "forward";
}

impl OrderRow for Forward {
    fn order(&self, _: &Args, axes: &[usize]) -> Result<Order, (String, String)> {
        along(self.name(), axes, |_| None)
    }
}
