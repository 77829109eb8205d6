//! `Bernoulli`.

use super::declare::prelude::*;
use super::declare::required;
use crate::ir::DType;

distribution! {
    /// 1 with probability probs = sigmoid(logits), else 0. Log-probability x logits - softplus(logits), which neither
    /// overflows nor cancels; probabilities are kept 1e-7 away from 1 (1e-12 from 0), so that a wrong certainty costs
    /// much but not everything.
    pub struct Bernoulli = "Bernoulli" {
        /// ln of the odds
        logits: REALS or probs named "probabilities (PyTorch, NumPyro, Stan) or logits (TensorFlow Probability)",
        /// probability of 1
        probs: UNIT or logits,
    }
}

/// The least probability of 1 that is taken.
const LEAST: f64 = 1e-12;
/// The greatest one.
const MOST: f64 = 1.0 - 1e-7;

impl<'g> Params<'g> {
    /// The logits, however they were given.
    pub(super) fn logits(self) -> Ex<'g> {
        match self.probs {
            None => required(self.logits, "Bernoulli", "logits"),
            Some(p) => {
                let p = p.max(LEAST).min(MOST);
                p.ln() - (-p).ln_1p()
            }
        }
    }
    /// The probabilities, however they were given.
    fn probs(self) -> Ex<'g> {
        self.probs.unwrap_or_else(|| self.logits().sigmoid())
    }
}

impl<'g> Distribution<'g> for Bernoulli {
    fn event(&self, _: Types<'_>) -> Result<DistEvent, String> {
        single(Kind::Bool)
    }
    fn log_prob(&self, p: Params<'g>, x: Ex<'g>) -> Ex<'g> {
        match p.probs {
            None => {
                let l = p.logits();
                x * l - l.softplus()
            }
            // Not by the logits: beside 1 a probability has too few digits for their derivative.
            Some(probs) => {
                let (is, not) = (probs.max(LEAST).ln(), (-probs.min(MOST)).ln_1p());
                x * is + (1.0 - x) * not
            }
        }
    }
    fn sample(&self, p: Params<'g>, noise: &Noise<'g>) -> Ex<'g> {
        let probs = p.probs();
        noise.uniform().lt(probs).cast(DType::F)
    }
    fn reparameterised(&self) -> Reparameterised<RelaxationOf<'g, Self>> {
        Reparameterised::Relaxed(|p, noise, tau| ((p.logits() + noise.logistic()) * (1.0 / tau)).sigmoid())
    }
    fn mean(&self) -> Closed<'g, Self> {
        Ok(|p| p.probs())
    }
    fn entropy(&self) -> Closed<'g, Self> {
        Ok(|p| {
            // As of the less probable value, whose probability has all its digits.
            let l = p.logits();
            let l = l.gt(0.0).select(-l, l);
            l.softplus() - l * l.sigmoid()
        })
    }
    fn values(&self, _: Params<'g>) -> Option<usize> {
        Some(2)
    }
}
