//! Runs what `gmc-compiler` produced: graph IR on Burn tensors.

pub mod exec;
pub mod host;
pub mod image;
pub mod metrics;
pub mod report;
pub mod store;
