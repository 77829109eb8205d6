//! `steps`.

use super::{SettingRow, value};
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// How long to train, in updates: rounds in which every player moves once, or as often as its line says. `epochs` says it in passes
    /// over the data.
    pub struct Steps = "steps" [VALUE];
}

const VALUE: ParamSpec = value("steps", ArgKind::Whole(1, 1_000_000_000_000), Some(""), "rounds of training");

impl SettingRow for Steps {
    fn counts(&self) -> Option<&'static str> {
        Some("updates")
    }
}

impl Steps {
    /// Rounds, where they are given.
    pub fn of(settings: &Args) -> Option<usize> {
        settings.int_if_given(VALUE.name)
    }
}
