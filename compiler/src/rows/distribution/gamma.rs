//! `Gamma`.

use super::cdf::polynomial;
use super::declare::prelude::*;

distribution! {
    /// Density rate^a x^(a - 1) e^(-rate x) / Gamma(a) with a = concentration; mean a / rate. Drawn by the rejection
    /// method of Marsaglia and Tsang 2000 with 8 attempts unrolled, which fail all with a probability below 1e-10 (the
    /// mode is taken then); a draw below 1e-37 becomes that. Draws carry no derivative. Entropy: Cover and Thomas 2006, table 17.1; KL: Penny 2001, eq.
    /// for two gammas.
    pub struct Gamma = "Gamma" {
        /// shape of the curve; 1 is `Exponential`
        concentration: POSITIVE,
        /// one over the scale
        rate: POSITIVE named "the rate (PyTorch, Stan) or the scale, which is 1 / rate (SciPy, NumPy)",
    }
}

/// Attempts of the sampler. One fails with a probability below 0.05 (Marsaglia and Tsang 2000, section 4).
const ATTEMPTS: usize = 8;

/// Where an attempt is accepted: ln u is below d w^4 times this polynomial in w = c eps, the series of 3 ln(1 + w) and so of what is
/// written out below, without the terms that cancel: they are of the size of d.
const ACCEPTED: [f64; 12] = [
    -3.0 / 4.0,
    3.0 / 5.0,
    -3.0 / 6.0,
    3.0 / 7.0,
    -3.0 / 8.0,
    3.0 / 9.0,
    -3.0 / 10.0,
    3.0 / 11.0,
    -3.0 / 12.0,
    3.0 / 13.0,
    -3.0 / 14.0,
    3.0 / 15.0,
];
/// Concentrations from which on the series is taken: |w| stays below 0.3.
const SERIES_FROM: f64 = 50.0;

/// A draw with rate 1, as `x e^less`: the second factor may lie far below all that f32 holds.
pub(super) struct Standard<'g> {
    /// A draw for a concentration that is greater by 1.
    x: Ex<'g>,
    /// ln u / a for a uniform u and the concentration a.
    less: Ex<'g>,
}

/// Below e to this a draw is made from two factors.
const FAR: f64 = -40.0;
/// Draws that are compared are below e to this when they have something in common.
const ALL_TINY: f64 = -10.0;
/// The least draw that is given: what is less becomes it, and no density is asked at 0.
pub(super) const LEAST: f64 = 1e-37;

/// Draws with rate 1 and concentration `a` (which broadcasts to the noise), without derivative.
///
/// The concentration is raised by 1 and the draw multiplied by u^(1/a) (ibid., section 6), so that one path serves every a > 0.
pub(super) fn standard<'g>(a: Ex<'g>, noise: &Noise<'g>) -> Standard<'g> {
    let d = a + (1.0 - 1.0 / 3.0);
    let c = (d * 9.0).sqrt().recip();
    let mut x = d.broadcast(&noise.shape);
    for _ in 0..ATTEMPTS {
        let eps = noise.normal();
        let u = noise.uniform();
        let w = c * eps;
        let t = w + 1.0;
        let v = t.sq() * t;
        let dv = d * v;
        let direct = eps.sq() * 0.5 + (d - dv) + d * v.ln();
        let series = d * w.sq().sq() * polynomial(&ACCEPTED, w);
        let bound = d.gt(SERIES_FROM).select(series, direct);
        x = t.gt(0.0).and(u.ln().lt(bound)).select(dv, x);
    }
    let u = noise.uniform();
    Standard { x: x.detach(), less: (u.ln() / a).detach() }
}

impl<'g> Standard<'g> {
    /// The draw with this rate.
    pub(super) fn with_rate(&self, rate: Ex<'g>) -> Ex<'g> {
        let near = self.x * self.less.max(FAR).exp() / rate;
        (near * (self.less - FAR).min(0.0).exp()).max(LEAST)
    }
    /// The logarithm of its second factor.
    pub(super) fn less(&self) -> Ex<'g> {
        self.less
    }
    /// The draw over e to what is common, which is [`common`] of the draws that are compared.
    pub(super) fn over(&self, common: Ex<'g>) -> Ex<'g> {
        self.x * (self.less - common).exp()
    }
}

/// What draws have in common, given the greatest [`Standard::less`] of them: nothing, unless all of them are tiny.
pub(super) fn common(greatest: Ex<'_>) -> Ex<'_> {
    (greatest - ALL_TINY).min(0.0)
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
        (a - 1.0).times_ln(x) - rate * x + log_norm
    }
    fn sample(&self, p: Params<'g>, noise: &Noise<'g>) -> Ex<'g> {
        standard(p.concentration, noise).with_rate(p.rate).detach()
    }
    fn reparameterised(&self) -> Reparameterised<RelaxationOf<'g, Self>> {
        Reparameterised::No
    }
    fn wide(&self) -> bool {
        true
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
