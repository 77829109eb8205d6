//! `LogNormal`.

use super::declare::prelude::*;

distribution! {
    /// e^y with y ~ Normal(loc, scale). Density: Normal's of ln x, over x. Draws lie between
    /// e^-87 and e^88, as far as f32 reaches. KL: that of the two normals, since both
    /// are mapped alike.
    pub struct LogNormal = "LogNormal" {
        /// centre
        loc: REALS,
        /// width
        scale: POSITIVE,
    }
}

impl<'g> Distribution<'g> for LogNormal {
    fn event(&self, _: Types<'_>) -> Result<DistEvent, String> {
        single(Kind::Real(Support::POSITIVE))
    }
    fn log_prob(&self, p: Params<'g>, x: Ex<'g>) -> Ex<'g> {
        let y = x.ln();
        ((y - p.loc) / p.scale).sq() * -0.5 - y - (p.scale.ln() + HALF_LN_TAU)
    }
    fn sample(&self, p: Params<'g>, noise: &Noise<'g>) -> Ex<'g> {
        (p.loc + p.scale * noise.normal()).max(-87.0).min(88.0).exp()
    }
    fn reparameterised(&self) -> Reparameterised<RelaxationOf<'g, Self>> {
        Reparameterised::Exactly
    }
    fn wide(&self) -> bool {
        true
    }
    fn mean(&self) -> Closed<'g, Self> {
        Ok(|p| (p.loc + p.scale.sq() * 0.5).exp())
    }
    fn entropy(&self) -> Closed<'g, Self> {
        Ok(|p| p.scale.ln() + p.loc + (HALF_LN_TAU + 0.5))
    }
    fn cdf(&self) -> Option<Cdf<LinkOf<'g, Self>>> {
        Some(Cdf { law: Law::Normal, link: |p| Link::LogLocationScale(p.loc, p.scale) })
    }
}
