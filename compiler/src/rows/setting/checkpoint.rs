//! `checkpoint`.

use super::{SettingRow, value};
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// How often the state of a run is saved, from which `gmc resume` goes on. Without it the clock decides.
    pub struct Checkpoint = "checkpoint" [VALUE];
}

const VALUE: ParamSpec = value(
    "checkpoint",
    ArgKind::Whole(1, 1_000_000_000_000),
    Some(""),
    "rounds from one checkpoint to the next",
);

impl SettingRow for Checkpoint {}

impl Checkpoint {
    /// Rounds between checkpoints, where they are given.
    pub fn of(settings: &Args) -> Option<u64> {
        settings.int_if_given(VALUE.name).map(|n| n as u64)
    }
}
