//! `iwae`.

use super::{Asked, MeasureRow, Needs};
use crate::rows::args::{ArgKind, ParamSpec};

row! {
    /// The importance-weighted bound of log p(x), in nats: mean of log (1/k) sum_i p(x, z_i) / q(z_i | x) over the test part (Burda et
    /// al. 2016, eq. 8).
    pub struct Iwae = "iwae" [K];
}

const K: ParamSpec = ParamSpec {
    name: "k",
    kind: ArgKind::Whole(1, 1_000_000),
    default: None,
    doc: "how many samples of the guide for each example",
};

impl MeasureRow for Iwae {
    fn needs(&self) -> Needs {
        Needs::Bound
    }
}

impl Iwae {
    /// Samples of the guide for each example, where the bound is asked for.
    pub fn samples(asked: &Asked) -> Option<usize> {
        asked.of(&Iwae).map(|args| args.int(K.name))
    }
}
