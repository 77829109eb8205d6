//! Data in memory: minibatches of the parts of each data item, as tensors.

use crate::exec::Tensor;
pub use gmc_compiler::rows::data::split::Parts;
use std::collections::HashMap;

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
