//! The gmc compiler: text in, tensor graphs and diagnostics out. No IO, no clock, no randomness, no Burn.
//!
//! Start at [`driver::compile`].

pub mod accept;
pub mod derive;
pub mod diag;
pub mod driver;
pub mod event;
pub mod explain;
pub mod interval;
pub mod ir;
pub mod onnx;
pub mod protobuf;
pub mod rows;
pub mod span;
pub mod syntax;
pub mod types;
pub mod upgrade;
