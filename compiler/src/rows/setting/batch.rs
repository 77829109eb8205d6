//! `batch`.

use super::{SettingRow, value};
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// The examples of one minibatch. Means of payoffs are taken over them.
    pub struct Batch = "batch" [VALUE];
}

const VALUE: ParamSpec =
    value("batch", ArgKind::Whole(1, 1_000_000), Some("128"), "examples of one minibatch");

impl SettingRow for Batch {}

impl Batch {
    /// Examples of one minibatch.
    pub fn of(settings: &Args) -> usize {
        settings.int(VALUE.name)
    }
}
