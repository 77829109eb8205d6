//! `Cauchy`.

use super::declare::prelude::*;
use std::f64::consts::PI;

distribution! {
    /// Density 1 / (pi scale (1 + z^2)), z = (x - loc) / scale; it has no mean. Drawn as the tangent of a uniform
    /// angle. KL: Chyzak and Nielsen 2019 (arXiv:1905.10965), eq. 2.
    pub struct Cauchy = "Cauchy" {
        /// centre
        loc: REALS,
        /// width
        scale: POSITIVE,
    }
}

impl<'g> Distribution<'g> for Cauchy {
    fn event(&self, _: Types<'_>) -> Result<DistEvent, String> {
        single(Kind::REAL)
    }
    fn log_prob(&self, p: Params<'g>, x: Ex<'g>) -> Ex<'g> {
        let z = (x - p.loc) / p.scale;
        -(z.sq().ln_1p() + (p.scale.ln() + PI.ln()))
    }
    fn sample(&self, p: Params<'g>, noise: &Noise<'g>) -> Ex<'g> {
        // The tangent of a - π / 2.
        let a = noise.uniform() * PI;
        p.loc + p.scale * -(a.cos() / a.sin())
    }
    fn reparameterised(&self) -> Reparameterised<RelaxationOf<'g, Self>> {
        Reparameterised::Exactly
    }
    fn wide(&self) -> bool {
        true
    }
    fn mean(&self) -> Closed<'g, Self> {
        Err("the integral of |x| diverges")
    }
    fn centre(&self, p: Params<'g>, _: Kind) -> Ex<'g> {
        // The median.
        p.loc
    }
    fn entropy(&self) -> Closed<'g, Self> {
        Ok(|p| p.scale.ln() + (4.0 * PI).ln())
    }
}
