//! `Poisson`.

use super::counts::{POISSON_ATTEMPTS, noises, poisson, poisson_log_prob};
use super::declare::in_f64;
use super::declare::prelude::*;
use super::declare::required;

distribution! {
    /// A count without a bound, of events that come independently of each other at one rate: probability
    /// rate^x e^(-rate) / x!, mean and variance rate. A net yields `log_rate`, any real number. Its log-density keeps its
    /// digits however large counts are (Loader 2000). Drawn by going through the values for rates below 10, else by
    /// transformed rejection (Hoermann 1993) with 21 attempts unrolled, which fail all with a probability below 1e-12
    /// (the whole number below the rate is taken then); from 2^24 on draws are whole numbers that 32 bits hold. Draws
    /// carry no derivative.
    pub struct Poisson = "Poisson" {
        /// mean
        rate: POSITIVE or log_rate,
        /// its logarithm
        log_rate: REALS or rate,
    }
}

impl<'g> Params<'g> {
    /// The rate and its logarithm, however they were given.
    pub(super) fn both(self) -> (Ex<'g>, Ex<'g>) {
        match self.rate {
            Some(rate) => (rate, rate.ln()),
            None => {
                let l = required(self.log_rate, "Poisson", "log_rate");
                (l.exp(), l)
            }
        }
    }
}

impl<'g> Distribution<'g> for Poisson {
    fn event(&self, _: Types<'_>) -> Result<DistEvent, String> {
        single(Kind::Count)
    }
    fn log_prob(&self, p: Params<'g>, x: Ex<'g>) -> Ex<'g> {
        let (rate, log_rate) = p.both();
        poisson_log_prob(x, rate, log_rate)
    }
    fn sample(&self, p: Params<'g>, noise: &Noise<'g>) -> Ex<'g> {
        drawn(p.both().0, noise)
    }
    fn reparameterised(&self) -> Reparameterised<RelaxationOf<'g, Self>> {
        Reparameterised::No
    }
    fn wide(&self) -> bool {
        true
    }
    fn work(&self) -> usize {
        200
    }
    fn mean(&self) -> Closed<'g, Self> {
        Ok(|p| p.both().0)
    }
    fn entropy(&self) -> Closed<'g, Self> {
        Err("it is an infinite sum over the counts without a closed form")
    }
}

/// A draw of this rate, without derivative.
pub(super) fn drawn<'g>(rate: Ex<'g>, noise: &Noise<'g>) -> Ex<'g> {
    let more = noises(noise, POISSON_ATTEMPTS);
    in_f64(noise.scope, &[Some(rate.v)], &more, |s, rate, more| match *rate {
        [Some(rate)] => poisson(s.ex(rate), more),
        _ => s.num(f64::NAN),
    })
    .detach()
}
