//! `Geometric`.

use super::counts::{geometric, noises};
use super::declare::in_f64;
use super::declare::prelude::*;
use super::declare::required;

distribution! {
    /// The failures before the first success: x is 0, 1, 2, .. with probability probs (1 - probs)^x, where probs =
    /// sigmoid(logits); the mean is e^(-logits). SciPy and NumPy count the last trial, too, and begin with 1. Drawn by
    /// inversion; draws carry no derivative.
    pub struct Geometric = "Geometric" {
        /// ln of the odds of success
        logits: REALS or probs named "probabilities (PyTorch, NumPyro) or logits (TensorFlow Probability)",
        /// probability of success
        probs: UNIT or logits,
    }
}

/// The least probability of success that is taken.
const LEAST: f64 = 1e-12;

impl<'g> Params<'g> {
    /// The logits, however they were given.
    pub(super) fn logits(self) -> Ex<'g> {
        match self.probs {
            None => required(self.logits, "Geometric", "logits"),
            Some(p) => {
                let p = p.max(LEAST).min(1.0 - LEAST);
                p.ln() - (-p).ln_1p()
            }
        }
    }
    /// The logarithms of the probabilities of success and failure.
    pub(super) fn logs(self) -> (Ex<'g>, Ex<'g>) {
        match self.probs {
            None => {
                let l = self.logits();
                (-(-l).softplus(), -l.softplus())
            }
            Some(p) => {
                let p = p.max(LEAST).min(1.0 - LEAST);
                (p.ln(), (-p).ln_1p())
            }
        }
    }
}

impl<'g> Distribution<'g> for Geometric {
    fn event(&self, _: Types<'_>) -> Result<DistEvent, String> {
        single(Kind::Count)
    }
    fn log_prob(&self, p: Params<'g>, x: Ex<'g>) -> Ex<'g> {
        let (success, failure) = p.logs();
        success + x * failure
    }
    fn sample(&self, p: Params<'g>, noise: &Noise<'g>) -> Ex<'g> {
        let logits = p.logits();
        in_f64(noise.scope, &[Some(logits.v)], &noises(noise, 0), |s, logits, more| match *logits {
            [Some(logits)] => geometric(s.ex(logits), more),
            _ => s.num(f64::NAN),
        })
        .detach()
    }
    fn reparameterised(&self) -> Reparameterised<RelaxationOf<'g, Self>> {
        Reparameterised::No
    }
    fn wide(&self) -> bool {
        true
    }
    fn mean(&self) -> Closed<'g, Self> {
        Ok(|p| (-p.logits()).exp())
    }
    fn entropy(&self) -> Closed<'g, Self> {
        Ok(|p| {
            let (success, failure) = p.logs();
            -success - (-p.logits()).exp() * failure
        })
    }
}
