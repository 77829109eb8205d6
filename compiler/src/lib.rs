//! The gmc compiler: text in, tensor graphs and diagnostics out. No IO, no clock, no randomness, no Burn.

pub mod diag;
pub mod ir;
pub mod rows;
pub mod span;
pub mod syntax;
pub mod types;
