//! Data in memory: minibatches of the parts of each data item, as tensors.

use super::Session;
use crate::exec::Tensor;
pub use gmc_compiler::rows::data::split::Parts;
use std::collections::HashMap;

/// The part of the data that training does not see, as scores and records call it.
pub const TEST: &str = "test";
/// The part that is measured while training, where there is one.
pub const VALID: &str = "valid";

/// Tensors of one minibatch or query, by data variable, and what its data have of their own, by the paths of
/// the tables.
pub type Batch = HashMap<String, Tensor>;

/// A minibatch of the training part.
#[derive(Default)]
pub struct Minibatch {
    /// Its tensors.
    pub data: Batch,
    /// Number of data in it.
    pub n: usize,
    /// Which data these are, for each data item.
    pub rows: Vec<Vec<usize>>,
}

impl Session {
    /// The part that is measured while training: `valid` where any data have one, else `test`.
    pub fn watched_part(&self) -> &'static str {
        if self.sets.iter().any(|set| set.valid.n > 0) { VALID } else { TEST }
    }

    /// Runs `f` with the validation parts in the place of the test parts, where there are any.
    pub fn on_valid<T>(&mut self, f: impl FnOnce(&mut Session) -> T) -> T {
        if self.watched_part() == TEST {
            return f(self);
        }
        let inferred = std::mem::take(&mut self.inferred);
        let which: Vec<usize> =
            (0..self.sets.len()).filter(|i| self.sets.get(*i).is_some_and(|set| set.valid.n > 0)).collect();
        self.exchange(&which);
        let out = f(self);
        self.exchange(&which);
        self.inferred = inferred;
        out
    }

    fn exchange(&mut self, which: &[usize]) {
        for i in which {
            if let Some(set) = self.sets.get_mut(*i) {
                std::mem::swap(&mut set.test, &mut set.valid);
            }
        }
    }
}
