//! `features`.

use super::{Asked, MeasureRow, Needs};
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// Samples against test data by what a small net sees in them, which is trained on the training data for it (a denoising autoencoder of 32 features; its
    /// hash stands beside the numbers, which compare only under one net): the Frechet distance (Heusel et al. 2017, eq. 6), precision and recall
    /// (Kynkaanniemi et al. 2019, eq. 2), density and coverage (Naeem et al. 2020, eq. 3 and 4). Each stands beside that of real examples in
    /// place of samples.
    pub struct Features = "features" [N, K];
}

const N: ParamSpec = ParamSpec {
    name: "n",
    kind: ArgKind::Whole(10, 100_000),
    default: Some("1000"),
    doc: "how many samples, and at most how many test examples",
};
const K: ParamSpec = ParamSpec {
    name: "k",
    kind: ArgKind::Whole(1, 1000),
    default: Some("5"),
    doc: "the neighbour that says how far the neighbourhood of an example reaches",
};

impl MeasureRow for Features {
    fn needs(&self) -> Needs {
        Needs::Draws
    }
}

impl Features {
    /// How many samples, and which neighbour, where they are asked for.
    pub fn of(asked: &Asked) -> Option<(usize, usize)> {
        let numbers = |args: &Args| (args.int(N.name), args.int(K.name));
        asked.of(&Features).map(numbers)
    }
}
