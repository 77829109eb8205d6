//! `epochs`.

use super::{SettingRow, value};
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// How long to train, in passes over the data; `steps` says it in updates.
    pub struct Epochs = "epochs" [VALUE];
}

const VALUE: ParamSpec = value("epochs", ArgKind::Above(0.0, 1e9), Some("10"), "passes over the data");

impl SettingRow for Epochs {
    fn counts(&self) -> Option<&'static str> {
        Some("passes over the data")
    }
}

impl Epochs {
    /// Passes over the data.
    pub fn of(settings: &Args) -> f64 {
        settings.num(VALUE.name)
    }
}
