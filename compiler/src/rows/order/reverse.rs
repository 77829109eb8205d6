//! `reverse`.

use super::{Order, OrderRow, along};
use crate::rows::Row;
use crate::rows::args::Args;

row! {
    /// The elements of a vector [n], or of a sequence [n, ..], from the last to the first. A net that reads `x[< i]` sees the last
    /// element first.
    pub struct Reverse = "reverse";
}

impl OrderRow for Reverse {
    fn order(&self, _: &Args, axes: &[usize]) -> Result<Order, (String, String)> {
        along(self.name(), axes, |n| Some((0..n).rev().collect()))
    }
}
