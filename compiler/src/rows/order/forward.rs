//! `forward`.

use super::{Order, OrderRow, along};
use crate::rows::Row;
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// The elements of a vector [n], or of a sequence [n, ..], from the first to the last. `forward(until: n)`, where `n` is a whole number of each
    /// example, draws the first n only: of sequences whose lengths differ, those behind have no part in the likelihood and are 0 in draws.
    pub struct Forward = "forward" [UNTIL];
}

/// `until:`, whose value is an expression of the model.
pub const UNTIL: ParamSpec = ParamSpec {
    name: "until",
    kind: ArgKind::Any,
    default: Some(""),
    doc: "how many places of an example are drawn: an `Int` that the model is given or draws before; all where it is not written",
};

impl OrderRow for Forward {
    fn order(&self, _: &Args, axes: &[usize]) -> Result<Order, (String, String)> {
        along(self.name(), axes, |_| None)
    }
}
