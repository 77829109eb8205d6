//! The tensor graph that the compiler emits and the runtime executes.

pub mod graph;
pub mod op;
pub mod ops;
pub mod shape;

pub use graph::{Graph, Node, Value};
pub use op::*;
pub use shape::{DType, Dim, Shape, Ty};
