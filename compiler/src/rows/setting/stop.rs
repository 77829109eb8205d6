//! `stop`.

use super::{SettingRow, value};
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// Stops before the last round when the validation part says so: `stop(patience: 10)` after ten measurements in a row without a
    /// better one of what is minimized. The weights that remain are those of the best measurement, also where the last round is reached.
    /// Measured is some twenty times a run, or as often as `eval { every 1 epochs }` says.
    pub struct Stop = "stop" [VALUE];
}

const VALUE: ParamSpec = value(
    "stop",
    ArgKind::Whole(1, 1_000_000_000),
    Some(""),
    "measurements without a better one, as in `stop(patience: 10)`",
);

impl SettingRow for Stop {
    fn key(&self) -> Option<&'static str> {
        Some("patience")
    }
}

impl Stop {
    /// Measurements in a row without a better one after which training stops, where it may.
    pub fn of(settings: &Args) -> Option<u64> {
        settings.int_if_given(VALUE.name).map(|n| n as u64)
    }
}
