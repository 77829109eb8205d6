//! The executor: graph IR in, tensors out. The only place that names Burn.
//!
//! Enter at [`open`] (a device), [`Tensor::from_f32`] (values on it) and [`Executable`] (a prepared graph to run).
//! On the CPU chains of elementwise operations run as one loop (`fuse`); on a GPU each operation is Burn's.
//!
//! Invariant: a run is a pure function of (graph, inputs, [`RngKey`]); nothing here reads a clock or a global generator.

mod axes;
mod conv;
mod device;
mod elementwise;
mod fuse;
mod kernel;
mod layout;
mod loops;
pub mod math;
mod matmul;
mod moves;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod oracle_ops;
mod plan;
mod product;
mod profile;
pub mod random;
mod reduce;
mod run;
mod sums;
mod tensor;
mod views;
mod wide;

pub use device::{Device, DeviceChoice, DeviceError, DeviceInfo, DeviceKind, join_threads, list, open};
pub use random::RngKey;
pub use run::{ExecError, Executable, RunOptions};
pub use tensor::Tensor;
