//! `reconstructions`.

use super::{Asked, MeasureRow, Needs};
use crate::rows::args::{ArgKind, ParamSpec};

row! {
    /// How many test examples the picture of reconstructions shows, each beside what is made of its code.
    pub struct Reconstructions = "reconstructions" [N];
}

const N: ParamSpec = ParamSpec {
    name: "reconstructions",
    kind: ArgKind::Whole(1, 10_000),
    default: Some("32"),
    doc: "how many pairs the picture shows",
};

impl MeasureRow for Reconstructions {
    fn needs(&self) -> Needs {
        Needs::Code
    }
}

impl Reconstructions {
    /// How many pairs the picture shows.
    pub fn shown(asked: &Asked) -> usize {
        asked.count(&Reconstructions, &N)
    }
}
