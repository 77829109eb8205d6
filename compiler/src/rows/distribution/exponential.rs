//! `Exponential`.

use super::declare::prelude::*;

distribution! {
    /// Waiting time: density rate e^(-rate x), mean 1 / rate. Drawn as -ln(u) / rate.
    pub struct Exponential = "Exponential" {
        /// events per unit
        rate: POSITIVE named "the rate (PyTorch, Stan) or the scale, which is 1 / rate (SciPy, NumPy)",
    }
}

impl<'g> Distribution<'g> for Exponential {
    fn event(&self, _: Types<'_>) -> Result<DistEvent, String> {
        single(Kind::Real(Support::NONNEGATIVE))
    }
    fn log_prob(&self, p: Params<'g>, x: Ex<'g>) -> Ex<'g> {
        p.rate.ln() - p.rate * x
    }
    fn sample(&self, p: Params<'g>, noise: &Noise<'g>) -> Ex<'g> {
        -noise.uniform().ln() / p.rate
    }
    fn reparameterised(&self) -> Reparameterised<RelaxationOf<'g, Self>> {
        Reparameterised::Exactly
    }
    fn mean(&self) -> Closed<'g, Self> {
        Ok(|p| p.rate.recip())
    }
    fn entropy(&self) -> Closed<'g, Self> {
        Ok(|p| -p.rate.ln() + 1.0)
    }
    fn cdf(&self) -> Option<Cdf<LinkOf<'g, Self>>> {
        Some(Cdf { law: Law::Exponential, link: |p| Link::Rate(p.rate) })
    }
}
