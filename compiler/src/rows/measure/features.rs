//! `features`.

use super::{Asked, MeasureRow, Needs};
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// Samples against test data by what a small net sees in them, which is trained on the training data for it: where the data item has a class beside the
    /// variable, it sorts examples into these classes, and the 32 numbers before its scores are the features; else it is a denoising autoencoder with a code
    /// of 32 numbers. Its hash stands beside the numbers, which compare only under one net: the Frechet distance (Heusel et al. 2017, eq. 6), precision and recall
    /// (Kynkaanniemi et al. 2019, eq. 2), density and coverage (Naeem et al. 2020, eq. 3 and 4). Each stands beside that of real examples in
    /// place of samples. Where there are classes, the entropy of those that the net sees in samples is told, too (at most ln n of n classes), and how often it
    /// knows the class of a real example.
    pub struct Features = "features" [N, K];
}

const N: ParamSpec = ParamSpec {
    name: "n",
    kind: ArgKind::Whole(10, 100_000),
    default: Some("1000"),
    doc: "how many samples, and at most how many test examples; neighbourhoods are those of the first 3000",
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
