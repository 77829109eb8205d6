//! `kl`.

use super::{Demand, ObjectiveRow, Subject};

row! {
    /// Mean KL divergence of guide q from the latent sites of model p, in nats: in closed form where one is known. What the data are made of
    /// plays no part in it: they need no density, and the model may leave them out.
    pub struct Kl = "kl";
}

impl ObjectiveRow for Kl {
    fn subjects(&self) -> &'static [Subject] {
        &[Subject::Guide, Subject::Model]
    }
    fn demands(&self) -> Demand {
        Demand::Latent
    }
}
