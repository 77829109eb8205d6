//! `gradient_penalty`.

use super::{Demand, ObjectiveRow, Subject};

row! {
    /// Mean of (norm of the gradient of D at w - 1)^2, with w at random between u and v (Gulrajani et al. 2017, eq. 3). A critic that reads
    /// further inputs is written `D(·, y)`; where only `D` stands, each is what has its name.
    pub struct GradientPenalty = "gradient_penalty";
}

impl ObjectiveRow for GradientPenalty {
    fn subjects(&self) -> &'static [Subject] {
        &[Subject::Critic, Subject::Input("u"), Subject::Input("v")]
    }
    fn demands(&self) -> Demand {
        Demand::Critic
    }
}
