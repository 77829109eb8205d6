//! `nll`.

use super::{Demand, ObjectiveRow, Subject};

row! {
    /// Mean negative log-likelihood of the data under a model whose density is exact, in nats.
    pub struct Nll = "nll";
}

impl ObjectiveRow for Nll {
    fn subjects(&self) -> &'static [Subject] {
        &[Subject::Model]
    }
    fn demands(&self) -> Demand {
        Demand::Density
    }
}
