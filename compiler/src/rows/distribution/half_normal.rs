//! `HalfNormal`.

use super::declare::prelude::*;
use std::f64::consts::{FRAC_2_PI, LN_2};

distribution! {
    /// |y| with y ~ Normal(0, scale): density sqrt(2 / pi) exp(-z^2 / 2) / scale, z = x / scale >= 0.
    pub struct HalfNormal = "HalfNormal" {
        /// width
        scale: POSITIVE,
    }
}

impl<'g> Distribution<'g> for HalfNormal {
    fn event(&self, _: Types<'_>) -> Result<DistEvent, String> {
        single(Kind::Real(Support::NONNEGATIVE))
    }
    fn log_prob(&self, p: Params<'g>, x: Ex<'g>) -> Ex<'g> {
        (x / p.scale).sq() * -0.5 - (p.scale.ln() + (HALF_LN_TAU - LN_2))
    }
    fn sample(&self, p: Params<'g>, noise: &Noise<'g>) -> Ex<'g> {
        p.scale * noise.normal().abs()
    }
    fn reparameterised(&self) -> Reparameterised<RelaxationOf<'g, Self>> {
        Reparameterised::Exactly
    }
    fn mean(&self) -> Closed<'g, Self> {
        Ok(|p| p.scale * FRAC_2_PI.sqrt())
    }
    fn entropy(&self) -> Closed<'g, Self> {
        Ok(|p| p.scale.ln() + (HALF_LN_TAU - LN_2 + 0.5))
    }
    fn cdf(&self) -> Option<Cdf<LinkOf<'g, Self>>> {
        Some(Cdf { law: Law::HalfNormal, link: |p| Link::Scale(p.scale) })
    }
}
