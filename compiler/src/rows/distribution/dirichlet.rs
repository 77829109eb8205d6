//! `Dirichlet`.

use super::declare::Named;
use super::declare::prelude::*;
use super::events::last_axis;
use super::gamma;

distribution! {
    /// A point of the simplex along the last axis, with density proportional to prod x_i^(c_i - 1), c = concentration.
    /// Drawn as normalised gammas (see `Gamma`); `Dirichlet(c)[4]` are four independent points, an event of shape [4,
    /// n]. Draws carry no derivative. KL: Penny 2001, eq. for two Dirichlets.
    pub struct Dirichlet = "Dirichlet" {
        /// one entry for each part, along the last axis
        concentration: POSITIVE[1],
    }
}

/// Sum over the last axis, which stays with size 1.
fn total(x: Ex<'_>) -> Ex<'_> {
    x.sum(&[x.last_axis()])
}

impl<'g> Params<'g> {
    /// ln Γ(c_i) - ln Γ(Σ c) / n: summed over the last axis it is ln B(c). What belongs to the whole vector is shared out equally, so
    /// that densities, entropies and KL stay elementwise.
    pub(super) fn log_norm(self) -> Ex<'g> {
        let c = self.concentration;
        c.lgamma() - total(c).lgamma() * (1.0 / c.last_size() as f64)
    }
    /// E[ln x_i]
    pub(super) fn log_means(self) -> Ex<'g> {
        self.concentration.digamma() - total(self.concentration).digamma()
    }
}

impl<'g> Distribution<'g> for Dirichlet {
    fn event(&self, types: Types<'_>) -> Result<DistEvent, String> {
        Ok(DistEvent { kind: Kind::Real(Support::SIMPLEX), own: vec![last_axis(&types.named())?] })
    }
    fn at_ends(&self, types: Types<'_>) -> [AtEnd; 2] {
        [AtEnd::of_power(constant(types.concentration)), AtEnd::Finite]
    }
    fn log_prob(&self, p: Params<'g>, x: Ex<'g>) -> Ex<'g> {
        (p.concentration - 1.0) * x.ln() - p.log_norm()
    }
    fn sample(&self, p: Params<'g>, noise: &Noise<'g>) -> Ex<'g> {
        let x = gamma::standard(p.concentration, noise);
        x / total(x)
    }
    fn reparameterised(&self) -> Reparameterised<RelaxationOf<'g, Self>> {
        Reparameterised::No
    }
    fn mean(&self) -> Closed<'g, Self> {
        Ok(|p| p.concentration / total(p.concentration))
    }
    fn entropy(&self) -> Closed<'g, Self> {
        Ok(|p| p.log_norm() - (p.concentration - 1.0) * p.log_means())
    }
    fn vector(&self) -> bool {
        true
    }
}
