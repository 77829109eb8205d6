//! `Binomial`.

use super::counts::{BINOMIAL_ATTEMPTS, binomial, log_choose, noises};
use super::declare::in_f64;
use super::declare::prelude::*;
use super::declare::required;
use crate::event::EventTy;

distribution! {
    /// How many of total_count independent trials succeed, each with probability probs = sigmoid(logits): one of the
    /// values 0 to total_count, of data `Int(total_count + 1)`. Drawn by going through the values where fewer than 10
    /// successes or failures are expected, else by transformed rejection (Hoermann 1993) with 23 attempts unrolled, which
    /// fail all with a probability below 1e-12 (the most probable value is taken then); draws carry no derivative.
    pub struct Binomial = "Binomial" {
        /// number of trials, a constant
        total_count: POSITIVE,
        /// ln of the odds of success
        logits: REALS or probs named "probabilities (PyTorch, NumPyro, SciPy, Stan) or logits (TensorFlow Probability)",
        /// probability of success
        probs: UNIT or logits,
    }
}

/// The least probability of success that is taken.
const LEAST: f64 = 1e-12;
/// The greatest one.
const MOST: f64 = 1.0 - 1e-7;
/// Most trials: whole numbers beyond are not exact in 32 bits.
const MOST_TRIALS: f64 = 16_777_215.0;

impl<'g> Params<'g> {
    /// The logits, however they were given.
    fn logits(self) -> Ex<'g> {
        match self.probs {
            None => required(self.logits, "Binomial", "logits"),
            Some(p) => {
                let p = p.max(LEAST).min(MOST);
                p.ln() - (-p).ln_1p()
            }
        }
    }
    /// The number of trials, which is a constant of the graph.
    fn trials(self) -> f64 {
        let Some(n) = self.total_count.constant() else { panic!("internal: `total_count` is no constant") };
        n
    }
}

/// The number of trials from the type of its parameter; if it cannot be one, in which way, and what to write instead.
fn trials(ty: Option<&EventTy>) -> Result<usize, (String, String)> {
    let why = match constant(ty) {
        Some(n) if (1.0..=MOST_TRIALS).contains(&n) && n.fract() == 0.0 => return Ok(n as usize),
        Some(n) => format!("`total_count` is {n}, and must be a whole number between 1 and {MOST_TRIALS}"),
        None => "`total_count` must be known before training".to_string(),
    };
    Err((why, "write the number of trials as a number: `Binomial(total_count: 10, logits: ..)`".into()))
}

impl<'g> Distribution<'g> for Binomial {
    fn together(&self, types: Types<'_>) -> Result<(), (String, String)> {
        trials(types.total_count).map(|_| ())
    }
    fn event(&self, types: Types<'_>) -> Result<DistEvent, String> {
        single(Kind::Int(trials(types.total_count).map_err(|(why, _)| why)? + 1))
    }
    fn log_prob(&self, p: Params<'g>, x: Ex<'g>) -> Ex<'g> {
        let n = p.total_count;
        let odds = match p.probs {
            None => {
                let l = p.logits();
                x * l - l.softplus() * n
            }
            // As of `Bernoulli`: beside 1 a probability has too few digits for the derivative of its logits.
            Some(probs) => x * probs.max(LEAST).ln() + (n - x) * (-probs.min(MOST)).ln_1p(),
        };
        log_choose(n, x) + odds
    }
    fn sample(&self, p: Params<'g>, noise: &Noise<'g>) -> Ex<'g> {
        let (n, logits) = (p.trials(), p.logits());
        in_f64(noise.scope, &[Some(logits.v)], &noises(noise, BINOMIAL_ATTEMPTS), |s, logits, more| {
            match *logits {
                [Some(logits)] => binomial(n, s.ex(logits), more),
                _ => s.num(f64::NAN),
            }
        })
        .detach()
    }
    fn reparameterised(&self) -> Reparameterised<RelaxationOf<'g, Self>> {
        Reparameterised::No
    }
    fn wide(&self) -> bool {
        true
    }
    fn work(&self) -> usize {
        300
    }
    fn mean(&self) -> Closed<'g, Self> {
        Ok(|p| p.probs.unwrap_or_else(|| p.logits().sigmoid()) * p.trials())
    }
    fn entropy(&self) -> Closed<'g, Self> {
        Err("it is a sum over the numbers of successes without a closed form")
    }
    fn values(&self, p: Params<'g>) -> Option<usize> {
        p.total_count.constant().map(|n| n as usize + 1)
    }
}
