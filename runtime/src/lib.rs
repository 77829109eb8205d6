//! Runs what `gmc-compiler` produced: graph IR on Burn tensors.
//!
//! Start at [`cli::main`]. A spec becomes a [`session::Session`] (`load`), which [`train`] trains and [`evaluate`] measures; a run
//! leaves its files in a [`store::RunDir`]. Only [`exec`] names Burn.

pub mod blocks;
pub mod classify;
pub mod cli;
pub mod evaluate;
pub mod exec;
pub mod health;
pub mod host;
pub mod image;
pub mod load;
pub mod memory;
pub mod metrics;
pub mod pictures;
pub mod report;
pub mod session;
pub mod store;
pub mod train;
