//! `iwae`.

use super::{Demand, ObjectiveRow, Subject};
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// Mean importance-weighted bound of model p with k samples of guide q for each example (Burda et al. 2016, eq. 8), in nats.
    pub struct Iwae = "iwae" [K];
}

const K: ParamSpec = ParamSpec {
    name: "k",
    kind: ArgKind::Int(1),
    default: Some("1"),
    doc: "samples of the guide for each example",
};

impl ObjectiveRow for Iwae {
    fn subjects(&self) -> &'static [Subject] {
        &[Subject::Model, Subject::Guide]
    }
    fn demands(&self) -> Demand {
        Demand::Weights
    }
}

impl Iwae {
    /// Samples of the guide for each example.
    pub fn samples(args: &Args) -> usize {
        args.int(K.name)
    }
}
