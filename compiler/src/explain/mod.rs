//! What people read about a spec and about the language: its mathematics, the typed stage, costs, the reference.

pub mod by_place;
pub mod chains;
pub mod costs;
pub mod latex;
pub mod math;
pub mod passes;
pub mod reference;
pub mod sampling;
pub mod shared;
pub mod typed;
