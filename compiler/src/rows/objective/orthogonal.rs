//! `orthogonal`.

use super::{Demand, ObjectiveRow, Subject};

row! {
    /// How far the weights of a net are from orthogonal filters: the sum over its weight matrices of the squared products of different filters, W Wᵀ
    /// without its diagonal, a row for each filter (Brock et al. 2019, eq. 3). Lengths of filters are free.
    pub struct Orthogonal = "orthogonal";
}

impl ObjectiveRow for Orthogonal {
    fn subjects(&self) -> &'static [Subject] {
        &[Subject::Net]
    }
    fn demands(&self) -> Demand {
        Demand::Weighted
    }
}
