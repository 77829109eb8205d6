//! `StudentT`.

use super::declare::prelude::*;
use std::f64::consts::{PI, TAU};

distribution! {
    /// Bell curve with heavy tails, x^-(df + 1); nearer to the normal the larger df. Drawn exactly from two uniforms by
    /// Bailey's polar formula (Bailey 1994, section 2). Its mean is loc where df is above 1; below, where there is none,
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
        let h1 = h + 0.5;
        (h1, h, h.lgamma() - h1.lgamma() + 0.5 * PI.ln())
    }
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
        let radius = (p.df * (u.ln() * -2.0 / p.df).exp_m1()).sqrt();
        p.loc + p.scale * (radius * (v * TAU).cos())
    }
    fn reparameterised(&self) -> Reparameterised<RelaxationOf<'g, Self>> {
        Reparameterised::Exactly
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
