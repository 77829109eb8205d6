//! `infer`.

use super::{Asked, MeasureRow, Needs};
use crate::rows::args::{ArgKind, ParamSpec};

row! {
    /// Where a guide `q[x]` has parameters for each datum, how those of a new one are found: by steps of Adam from 0, with the model
    /// fixed, before any question about the datum is answered.
    pub struct Infer = "infer" [STEPS, RATE];
}

const STEPS: ParamSpec = ParamSpec {
    name: "steps",
    kind: ArgKind::Int(1),
    default: Some("200"),
    doc: "steps of Adam on the block of each datum",
};
const RATE: ParamSpec = ParamSpec {
    name: "lr",
    kind: ArgKind::Num(1e-12, 1e6),
    default: Some("0.1"),
    doc: "learning rate at the first step; it falls to 0 linearly",
};

impl MeasureRow for Infer {
    fn needs(&self) -> Needs {
        Needs::PerDatum
    }
}

impl Infer {
    /// Steps of Adam, and its first learning rate.
    pub fn of(asked: &Asked) -> (u64, f64) {
        match asked.of(&Infer) {
            Some(args) => (args.int(STEPS.name) as u64, args.num(RATE.name)),
            None => (STEPS.number() as u64, RATE.number()),
        }
    }
}
