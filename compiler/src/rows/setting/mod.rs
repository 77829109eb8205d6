//! Settings of `train`, a name and one value each: `epochs 20`, `batch 64`, `clip 1.0`.

mod batch;
mod checkpoint;
mod clip;
mod ema;
mod epochs;
mod seed;
mod steps;
mod stop;

pub use batch::{Batch, Leftover, Pass};
pub use checkpoint::Checkpoint;
pub use clip::Clip;
pub use ema::Ema;
pub(crate) use ema::newest;
pub use epochs::Epochs;
pub use seed::Seed;
pub use steps::Steps;
pub use stop::Stop;

use super::Row;
use super::args::{ArgKind, Args, Duration, ParamSpec};
use crate::ir::{Graph, Value};
use std::sync::LazyLock;

/// All settings.
pub const ROWS: &[&dyn SettingRow] = &[&Epochs, &Steps, &Batch, &Seed, &Ema, &Clip, &Checkpoint, &Stop];

/// A setting of `train`. Its only argument is its value, and has its name.
pub trait SettingRow: Row {
    /// What it counts, where it says how long to train: of such settings a spec has one.
    fn counts(&self) -> Option<&'static str> {
        None
    }
    /// What its value is called where it stands in brackets: `stop(patience: 10)`.
    fn key(&self) -> Option<&'static str> {
        None
    }
    /// What the gradients of a player become before they move what it owns.
    fn gradients(&self, _g: &mut Graph, _settings: &Args, grads: Vec<Value>) -> Gradients {
        Gradients { grads, terms: Vec::new() }
    }
}

/// The gradients of a player in the order of its parameters, and numbers about them, rank 0, to be reported.
pub struct Gradients {
    /// One for each parameter.
    pub grads: Vec<Value>,
    /// Name and value.
    pub terms: Vec<(&'static str, Value)>,
}

/// The value of a setting: what it may be, what it is when it is not written, and what it is.
const fn value(
    name: &'static str,
    kind: ArgKind,
    default: Option<&'static str>,
    doc: &'static str,
) -> ParamSpec {
    ParamSpec { name, kind, default, doc }
}

/// The values of all settings, which together are the arguments of `train`.
pub fn params() -> &'static [ParamSpec] {
    static ALL: LazyLock<Vec<ParamSpec>> =
        LazyLock::new(|| ROWS.iter().flat_map(|r| r.params()).copied().collect());
    &ALL
}

/// How long to train.
pub fn length(settings: &Args) -> Duration {
    match Steps::of(settings) {
        Some(rounds) => Duration::Rounds(rounds as f64),
        None => Duration::Epochs(Epochs::of(settings)),
    }
}

/// What may be written, for a message: ``the settings are `epochs`, `steps` .. and `checkpoint` ``.
pub fn offers() -> String {
    let all: Vec<String> = ROWS.iter().map(|r| format!("`{}`", r.name())).collect();
    match all.split_last() {
        Some((last, first)) => format!("the settings are {} and {last}", first.join(", ")),
        None => String::new(),
    }
}
