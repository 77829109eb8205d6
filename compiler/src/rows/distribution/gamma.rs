//! `Gamma`.

use super::declare::prelude::*;

distribution! {
    /// Density rate^a x^(a - 1) e^(-rate x) / Gamma(a) with a = concentration; mean a / rate. Drawn by the rejection
    /// method of Marsaglia and Tsang 2000 with 8 attempts unrolled, which fail all with a probability below 1e-10 (the
    /// mode is taken then). Draws carry no derivative. Entropy: Cover and Thomas 2006, table 17.1; KL: Penny 2001, eq.
    /// for two gammas.
    pub struct Gamma = "Gamma" {
        /// shape of the curve; 1 is `Exponential`
        concentration: POSITIVE,
        /// one over the scale
        rate: POSITIVE,
    }
}

/// Attempts of the sampler. One fails with a probability below 0.05 (Marsaglia and Tsang 2000, section 4).
const ATTEMPTS: usize = 8;

/// Draws with rate 1 and concentration `a` (which broadcasts to the noise), above zero, without derivative.
///
/// The concentration is raised by 1 and the draw multiplied by u^(1/a) (ibid., section 6), so that one path serves every a > 0.
pub(super) fn standard<'g>(a: Ex<'g>, noise: &Noise<'g>) -> Ex<'g> {
    let d = a + (1.0 - 1.0 / 3.0);
    let c = (d * 9.0).sqrt().recip();
    let mut x = d.broadcast(&noise.shape);
    for _ in 0..ATTEMPTS {
        let eps = noise.normal();
        let u = noise.uniform();
        let t = c * eps + 1.0;
        let v = t.sq() * t;
        let dv = d * v;
        let bound = eps.sq() * 0.5 + (d - dv) + d * v.ln();
        x = t.gt(0.0).and(u.ln().lt(bound)).select(dv, x);
    }
    let u = noise.uniform();
    (x * (u.ln() / a).exp()).max(1e-37).detach()
}

impl<'g> Distribution<'g> for Gamma {
    fn event(&self, _: Types<'_>) -> Result<DistEvent, String> {
        single(Kind::Real(Support::NONNEGATIVE))
    }
    fn at_ends(&self, types: Types<'_>) -> [AtEnd; 2] {
        [AtEnd::of_power(constant(types.concentration)), AtEnd::Finite]
    }
    fn log_prob(&self, p: Params<'g>, x: Ex<'g>) -> Ex<'g> {
        let (a, rate) = (p.concentration, p.rate);
        let log_norm = a * rate.ln() - a.lgamma();
        (a - 1.0) * x.ln() - rate * x + log_norm
    }
    fn sample(&self, p: Params<'g>, noise: &Noise<'g>) -> Ex<'g> {
        (standard(p.concentration, noise) / p.rate).detach()
    }
    fn reparameterised(&self) -> Reparameterised<RelaxationOf<'g, Self>> {
        Reparameterised::No
    }
    fn mean(&self) -> Closed<'g, Self> {
        Ok(|p| p.concentration / p.rate)
    }
    fn entropy(&self) -> Closed<'g, Self> {
        Ok(|p| {
            let a = p.concentration;
            a - p.rate.ln() + a.lgamma() - (a - 1.0) * a.digamma()
        })
    }
}
