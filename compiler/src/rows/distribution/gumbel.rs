//! `Gumbel`.

use super::declare::prelude::*;
use std::f64::consts::EULER_GAMMA;

distribution! {
    /// Distribution of a largest value: density exp(-z - e^-z) / scale, z = (x - loc) / scale. Drawn by its inverse
    /// distribution function. KL: Bauckhage 2014 (arXiv:1310.3713), eq. 12 with both shapes 1 on the scale of
    /// logarithms.
    pub struct Gumbel = "Gumbel" {
        /// centre
        loc: REALS,
        /// width
        scale: POSITIVE,
    }
}

impl<'g> Distribution<'g> for Gumbel {
    fn event(&self, _: Types<'_>) -> Result<DistEvent, String> {
        single(Kind::REAL)
    }
    fn log_prob(&self, p: Params<'g>, x: Ex<'g>) -> Ex<'g> {
        let n = -((x - p.loc) / p.scale);
        n - n.exp() - p.scale.ln()
    }
    fn sample(&self, p: Params<'g>, noise: &Noise<'g>) -> Ex<'g> {
        p.loc + p.scale * noise.gumbel()
    }
    fn reparameterised(&self) -> Reparameterised<RelaxationOf<'g, Self>> {
        Reparameterised::Exactly
    }
    fn mean(&self) -> Closed<'g, Self> {
        Ok(|p| p.loc + p.scale * EULER_GAMMA)
    }
    fn entropy(&self) -> Closed<'g, Self> {
        Ok(|p| p.scale.ln() + (EULER_GAMMA + 1.0))
    }
    fn cdf(&self) -> Option<Cdf<LinkOf<'g, Self>>> {
        Some(Cdf { law: Law::Gumbel, link: |p| Link::LocationScale(p.loc, p.scale) })
    }
}
