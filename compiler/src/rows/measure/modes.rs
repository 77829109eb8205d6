//! `modes`.

use super::{Asked, MeasureRow, Needs};
use crate::rows::args::{ArgKind, ParamSpec};

row! {
    /// Of data whose modes are known, such as `gaussians(8)`: how many modes the draws of the model reach, and the share of draws near a
    /// mode. Measured without being asked for, too.
    pub struct Modes = "modes" [N];
}

const N: ParamSpec = ParamSpec {
    name: "modes",
    kind: ArgKind::Whole(1, 10_000_000),
    default: Some("2500"),
    doc: "how many samples are sorted into the modes",
};

impl MeasureRow for Modes {
    fn needs(&self) -> Needs {
        Needs::Modes
    }
}

impl Modes {
    /// How many samples are sorted into the modes.
    pub fn samples(asked: &Asked) -> usize {
        asked.count(&Modes, &N)
    }
}
