//! `ema`.

use super::{SettingRow, value};
use crate::ir::{Graph, Scope, Value};
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// Weights are averaged while they move, and what is measured and shown at the end uses the averages: after every update
    /// average = decay average + (1 - decay) weight (Polyak and Juditsky 1992, with weights that fall exponentially).
    pub struct Ema = "ema" [VALUE];
}

const VALUE: ParamSpec =
    value("ema", ArgKind::Below(0.0, 1.0), Some(""), "decay of the average at each update");

impl SettingRow for Ema {}

impl Ema {
    /// The decay, where averages are asked for.
    pub fn of(settings: &Args) -> Option<f64> {
        settings.get(VALUE.name).map(|_| settings.num(VALUE.name))
    }
    /// The average after an update that made `weight`.
    pub fn average(g: &mut Graph, decay: f64, average: Value, weight: Value) -> Value {
        let s = Scope::of(g);
        (s.ex(average) * decay + s.ex(weight) * (1.0 - decay)).v
    }
}
