//! Side tables of a graph: one entry for each value, indexed by it.

use super::graph::{Graph, Node, Value};
use std::ops::{Index, IndexMut};

/// One `T` for each value that a graph has when the map is made.
///
/// Indexing panics on a value that the graph got later, or of another graph: a bug of the compiler.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueMap<T>(Vec<T>);

impl<T> ValueMap<T> {
    /// What `f` says of each node, in order.
    pub fn of(g: &Graph, f: impl FnMut((Value, &Node)) -> T) -> ValueMap<T> {
        ValueMap(g.iter().map(f).collect())
    }
    /// All entries in the order of the values.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Value, &T)> + ExactSizeIterator {
        self.0.iter().enumerate().map(|(i, t)| (Value(i as u32), t))
    }
}

impl<T: Clone> ValueMap<T> {
    /// The same entry for every value of `g`.
    pub fn new(g: &Graph, entry: T) -> ValueMap<T> {
        ValueMap(vec![entry; g.nodes.len()])
    }
}

impl<T> Index<Value> for ValueMap<T> {
    type Output = T;
    #[expect(clippy::indexing_slicing, reason = "a map has an entry for every value of its graph")]
    fn index(&self, v: Value) -> &T {
        &self.0[v.0 as usize]
    }
}

impl<T> IndexMut<Value> for ValueMap<T> {
    #[expect(clippy::indexing_slicing, reason = "a map has an entry for every value of its graph")]
    fn index_mut(&mut self, v: Value) -> &mut T {
        &mut self.0[v.0 as usize]
    }
}
