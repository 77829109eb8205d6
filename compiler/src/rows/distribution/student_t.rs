//! `StudentT`.

use super::cdf::polynomial;
use super::declare::prelude::*;
use std::f64::consts::{PI, TAU};

distribution! {
    /// Bell curve with heavy tails, x^-(df + 1); nearer to the normal the larger df. Drawn exactly from two uniforms by
    /// Bailey's polar formula (Bailey 1994, section 2), and no further out than f32 reaches. Its mean is loc where df is above 1; below, where there is none,
    /// loc stands for it. Entropy: Cover and Thomas 2006, table 17.1.
    pub struct StudentT = "StudentT" {
        /// degrees of freedom
        df: POSITIVE,
        /// centre
        loc: REALS = 0.0,
        /// width
        scale: POSITIVE = 1.0,
    }
}

impl<'g> Params<'g> {
    /// (df + 1) / 2, df / 2 and ln B(df / 2, 1/2)
    fn halves(self) -> (Ex<'g>, Ex<'g>, Ex<'g>) {
        let h = self.df * 0.5;
        (h + 0.5, h, 0.5 * PI.ln() - log_gamma_step(h))
    }
}

/// The greatest draw that is given: with few degrees of freedom most are beyond all that f32 holds.
const MOST: f64 = 3e38;

/// From here on the series of [`log_gamma_step`] is exact to 1e-15.
const SERIES_FROM: f64 = 24.0;

/// By odd powers of 1 / h. (Tricomi and Erdelyi 1951, "The asymptotic expansion of a ratio of gamma functions", with steps 1/2 and 0.)
const STEP: [f64; 5] = [-1.0 / 8.0, 1.0 / 192.0, -1.0 / 640.0, 17.0 / 14336.0, -31.0 / 18432.0];

/// ln Γ(h + 1/2) - ln Γ(h), which is about ln(h) / 2 however large the two are.
fn log_gamma_step(h: Ex<'_>) -> Ex<'_> {
    let (low, high) = (h.min(SERIES_FROM), h.max(SERIES_FROM));
    let r = high.recip();
    let series = high.ln() * 0.5 + r * polynomial(&STEP, r.sq());
    h.lt(SERIES_FROM).select((low + 0.5).lgamma() - low.lgamma(), series)
}

impl<'g> Distribution<'g> for StudentT {
    fn event(&self, _: Types<'_>) -> Result<DistEvent, String> {
        single(Kind::REAL)
    }
    fn log_prob(&self, p: Params<'g>, x: Ex<'g>) -> Ex<'g> {
        let (h1, _, log_beta) = p.halves();
        let z = (x - p.loc) / p.scale;
        -(h1 * (z.sq() / p.df).ln_1p() + (p.df.ln() * 0.5 + log_beta + p.scale.ln()))
    }
    fn sample(&self, p: Params<'g>, noise: &Noise<'g>) -> Ex<'g> {
        let (u, v) = (noise.uniform(), noise.uniform());
        // The square of the radius is df (e^y - 1); beyond e^80 the 1 is nothing, and e^y itself would overflow.
        let y = u.ln() * -2.0 / p.df;
        let cos = (v * TAU).cos();
        let near = (p.df * y.min(80.0).exp_m1()).sqrt() * cos;
        let log_far = (p.df.ln() + y) * 0.5 + cos.abs().max(1e-30).ln();
        let far = log_far.min(88.0).exp() * cos.sign();
        (p.loc + p.scale * y.gt(80.0).select(far, near)).max(-MOST).min(MOST)
    }
    fn reparameterised(&self) -> Reparameterised<RelaxationOf<'g, Self>> {
        Reparameterised::Exactly
    }
    fn wide(&self) -> bool {
        true
    }
    fn mean(&self) -> Closed<'g, Self> {
        Ok(|p| p.loc)
    }
    fn entropy(&self) -> Closed<'g, Self> {
        Ok(|p| {
            let (h1, h, log_beta) = p.halves();
            h1 * (h1.digamma() - h.digamma()) + p.df.ln() * 0.5 + log_beta + p.scale.ln()
        })
    }
}
