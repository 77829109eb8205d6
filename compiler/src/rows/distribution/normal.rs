//! `Normal`.

use super::declare::prelude::*;

distribution! {
    /// Gaussian with density exp(-z^2 / 2) / (scale sqrt(2 pi)), z = (x - loc) / scale. KL: Kingma and Welling
    /// 2014, appendix B, for two free normals; with `MultivariateNormal` as its row says; with `Laplace` by the
    /// mean of a folded normal (Leone, Nelson and Nottingham 1961, eq. 4).
    pub struct Normal = "Normal" {
        /// centre
        loc: REALS,
        /// width
        scale: POSITIVE,
    }
}

impl<'g> Distribution<'g> for Normal {
    fn event(&self, _: Types<'_>) -> Result<DistEvent, String> {
        single(Kind::REAL)
    }
    fn log_prob(&self, p: Params<'g>, x: Ex<'g>) -> Ex<'g> {
        ((x - p.loc) / p.scale).sq() * -0.5 - (p.scale.ln() + HALF_LN_TAU)
    }
    fn sample(&self, p: Params<'g>, noise: &Noise<'g>) -> Ex<'g> {
        p.loc + p.scale * noise.normal()
    }
    fn reparameterised(&self) -> Reparameterised<RelaxationOf<'g, Self>> {
        Reparameterised::Exactly
    }
    fn mean(&self) -> Closed<'g, Self> {
        Ok(|p| p.loc)
    }
    fn entropy(&self) -> Closed<'g, Self> {
        Ok(|p| p.scale.ln() + (HALF_LN_TAU + 0.5))
    }
    fn cdf(&self) -> Option<Cdf<LinkOf<'g, Self>>> {
        Some(Cdf { law: Law::Normal, link: |p| Link::LocationScale(p.loc, p.scale) })
    }
}
