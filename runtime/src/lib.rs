//! Runs what `gmc-compiler` produced: graph IR on Burn tensors.
//!
//! Start at [`cli::main`]. A spec becomes a [`session::Session`] ([`session::load`]), which [`train`] trains,
//! [`measure`] measures and [`show`] draws; a run leaves its files in a [`store::RunDir`]. Only [`exec`]
//! names Burn.
//!
//! Imports go one way: [`exec`], then [`failure`] and [`console`], [`session`], [`measure`], [`show`] and
//! [`store`], [`train`], [`cli`], and [`api`], which other programs call.

pub mod api;
pub mod cli;
pub mod console;
pub mod exec;
pub mod failure;
pub mod measure;
pub mod session;
pub mod show;
pub mod store;
pub mod train;
