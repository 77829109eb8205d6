//! The tensor graph that the compiler emits and the runtime executes.

pub mod columns;
mod degrees;
pub mod dot;
pub mod formula;
pub mod grad;
pub mod graph;
pub mod interp;
pub mod loop_grad;
pub mod op;
pub mod ops;
pub mod optimise;
pub mod outline;
mod outset;
mod row_steps;
pub mod schedule;
mod settled;
pub mod shape;
mod steps;
pub mod tensor;
pub mod text;
pub mod value_map;
pub mod verify;

pub use formula::{Ex, Operand, Scope, common_lead};
pub use grad::{grad, grad_reach, vjp};
pub use graph::{Graph, Node, Step, Turns, Value};
pub use interp::Env;
pub use op::*;
pub use ops::{Local, OpRule, exactly};
pub use optimise::optimise;
pub use shape::{DType, Dim, Shape, Ty};
pub use tensor::Tensor64;
pub use value_map::ValueMap;
pub use verify::{Violation, verify};
