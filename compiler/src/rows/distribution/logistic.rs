//! `Logistic`.

use super::declare::prelude::*;

distribution! {
    /// Density e^-z / (scale (1 + e^-z)^2), z = (x - loc) / scale. Drawn by its inverse distribution function.
    /// Entropy: Cover and Thomas 2006, table 17.1.
    pub struct Logistic = "Logistic" {
        /// centre
        loc: REALS,
        /// width
        scale: POSITIVE,
    }
}

impl<'g> Distribution<'g> for Logistic {
    fn event(&self, _: Types<'_>) -> Result<DistEvent, String> {
        single(Kind::REAL)
    }
    fn log_prob(&self, p: Params<'g>, x: Ex<'g>) -> Ex<'g> {
        let z = (x - p.loc) / p.scale;
        z - z.softplus() * 2.0 - p.scale.ln()
    }
    fn sample(&self, p: Params<'g>, noise: &Noise<'g>) -> Ex<'g> {
        p.loc + p.scale * noise.logistic()
    }
    fn reparameterised(&self) -> Reparameterised<RelaxationOf<'g, Self>> {
        Reparameterised::Exactly
    }
    fn mean(&self) -> Closed<'g, Self> {
        Ok(|p| p.loc)
    }
    fn entropy(&self) -> Closed<'g, Self> {
        Ok(|p| p.scale.ln() + 2.0)
    }
    fn cdf(&self) -> Option<Cdf<LinkOf<'g, Self>>> {
        Some(Cdf { law: Law::Logistic, link: |p| Link::LocationScale(p.loc, p.scale) })
    }
}
