//! The tensor graph that the compiler emits and the runtime executes.

pub mod graph;
pub mod interp;
pub mod op;
pub mod ops;
pub mod shape;
pub mod tensor;

pub use graph::{Graph, Node, Value};
pub use interp::Env;
pub use op::*;
pub use ops::OpRule;
pub use shape::{DType, Dim, Shape, Ty};
pub use tensor::Tensor64;
