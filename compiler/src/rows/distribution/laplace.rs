//! `Laplace`.

use super::declare::prelude::*;
use std::f64::consts::LN_2;

distribution! {
    /// Double exponential with density exp(-|x - loc| / scale) / (2 scale). Drawn by its inverse distribution
    /// function. KL: Meyer 2021 (arXiv:1911.02088), eq. 5; with `Normal` by its variance 2 scale^2 and its entropy.
    pub struct Laplace = "Laplace" {
        /// centre
        loc: REALS,
        /// width
        scale: POSITIVE,
    }
}

impl<'g> Distribution<'g> for Laplace {
    fn event(&self, _: Types<'_>) -> Result<DistEvent, String> {
        single(Kind::REAL)
    }
    fn log_prob(&self, p: Params<'g>, x: Ex<'g>) -> Ex<'g> {
        -((x - p.loc) / p.scale).abs() - (p.scale.ln() + LN_2)
    }
    fn sample(&self, p: Params<'g>, noise: &Noise<'g>) -> Ex<'g> {
        let v = noise.uniform() - 0.5;
        p.loc + p.scale * -(v.sign() * (v.abs() * -2.0).ln_1p())
    }
    fn reparameterised(&self) -> Reparameterised<RelaxationOf<'g, Self>> {
        Reparameterised::Exactly
    }
    fn mean(&self) -> Closed<'g, Self> {
        Ok(|p| p.loc)
    }
    fn entropy(&self) -> Closed<'g, Self> {
        Ok(|p| p.scale.ln() + (1.0 + LN_2))
    }
    fn cdf(&self) -> Option<Cdf<LinkOf<'g, Self>>> {
        Some(Cdf { law: Law::Laplace, link: |p| Link::LocationScale(p.loc, p.scale) })
    }
}
