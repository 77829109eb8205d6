//! `samples`.

use super::{Asked, MeasureRow, Needs};
use crate::rows::args::{ArgKind, ParamSpec};

row! {
    /// How many draws from the model the picture of samples shows.
    pub struct Samples = "samples" [N];
}

const N: ParamSpec = ParamSpec {
    name: "samples",
    kind: ArgKind::Whole(1, 10_000),
    default: Some("64"),
    doc: "how many samples the picture shows",
};

impl MeasureRow for Samples {
    fn needs(&self) -> Needs {
        Needs::Draws
    }
}

impl Samples {
    /// How many the picture shows.
    pub fn shown(asked: &Asked) -> usize {
        asked.count(&Samples, &N)
    }
}
