//! `every`.

use super::{Asked, MeasureRow, Needs};
use crate::rows::args::{ArgKind, Duration, ParamSpec};

row! {
    /// How often training looks at the test part. Without it, a few times.
    pub struct Every = "every" [TIME];
}

const TIME: ParamSpec = ParamSpec {
    name: "every",
    kind: ArgKind::Duration,
    default: None,
    doc: "time between looks at the test part",
};

impl MeasureRow for Every {
    fn needs(&self) -> Needs {
        Needs::Nothing
    }
}

impl Every {
    /// Time between looks, where it is given.
    pub fn of(asked: &Asked) -> Option<Duration> {
        asked.of(&Every).map(|args| args.duration(TIME.name))
    }
}
