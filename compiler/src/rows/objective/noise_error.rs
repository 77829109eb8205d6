//! `noise_error`.

use super::{Demand, Elbo, ObjectiveRow, Subject};

row! {
    /// Of a chain in the model p with a known guide q (diffusion): the mean over its steps of the squared error of the noise that the
    /// model's means stand for, summed over the elements (Ho et al. 2020, eq. 14). It is the sum of the steps' KLs with another weight for
    /// each step, so it is no bound; the density of the data given the first value is no part of it.
    pub struct NoiseError = "noise_error" [Elbo::TERMS];
}

impl ObjectiveRow for NoiseError {
    fn subjects(&self) -> &'static [Subject] {
        &[Subject::Model, Subject::Guide]
    }
    fn demands(&self) -> Demand {
        Demand::Noise
    }
}
