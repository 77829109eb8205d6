//! `permuted(seed)`.

use super::{Order, OrderRow, along};
use crate::rows::Row;
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::bijection::permutation::permutation;

row! {
    /// The elements of a vector [n], or of a sequence [n, ..], in a fixed shuffled order (MADE, Germain et al. 2015, section 4.2:
    /// any order of the elements gives a model of its own). A net that reads `x[< i]` sees them in that order.
    pub struct Permuted = "permuted" [SEED];
}

const SEED: ParamSpec =
    ParamSpec { name: "seed", kind: ArgKind::Int(0), default: Some("0"), doc: "which shuffle" };

impl OrderRow for Permuted {
    fn order(&self, args: &Args, axes: &[usize]) -> Result<Order, (String, String)> {
        along(self.name(), axes, |n| Some(permutation(n, args.int(SEED.name) as u64)))
    }
}
