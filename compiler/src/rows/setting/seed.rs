//! `seed`.

use super::{SettingRow, value};
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// Every random number of a run follows from it: initial values, the order of the data, draws. `gmc run --seed` overrules it.
    pub struct Seed = "seed" [VALUE];
}

const VALUE: ParamSpec =
    value("seed", ArgKind::Whole(0, 1_000_000_000_000_000), Some("1"), "another number is another run");

impl SettingRow for Seed {}

impl Seed {
    /// The seed of every random stream.
    pub fn of(settings: &Args) -> u64 {
        settings.int(VALUE.name) as u64
    }
}
