//! `NegativeBinomial`.

use super::counts::negative_binomial_log_prob;
use super::declare::prelude::*;
use super::declare::required;
use super::gamma;
use super::poisson;

distribution! {
    /// A count whose variance is above its mean: a `Poisson` whose rate is drawn from a `Gamma`, with variance
    /// mean + mean^2 / concentration. Stan calls it neg_binomial_2, NumPyro NegativeBinomial2; of the failures before r
    /// successes that SciPy and PyTorch count, r is the concentration, and the mean is r times the odds of what is
    /// counted. A net yields `log_mean`, any real number. Its log-density keeps its digits however large counts are
    /// (Loader 2000). Drawn as it is defined; draws carry no derivative.
    pub struct NegativeBinomial = "NegativeBinomial" {
        /// mean
        mean: POSITIVE or log_mean named "the mean (Stan's neg_binomial_2, NumPyro) or a number of successes (SciPy, PyTorch)",
        /// its logarithm
        log_mean: REALS or mean,
        /// how little counts scatter beyond a `Poisson`, which is the limit for large ones
        concentration: POSITIVE named "a probability (SciPy, PyTorch) or the concentration (Stan, NumPyro)",
    }
}

impl<'g> Params<'g> {
    /// The mean and its logarithm, however they were given.
    fn both(self) -> (Ex<'g>, Ex<'g>) {
        match self.mean {
            Some(mean) => (mean, mean.ln()),
            None => {
                let l = required(self.log_mean, "NegativeBinomial", "log_mean");
                (l.exp(), l)
            }
        }
    }
}

impl<'g> Distribution<'g> for NegativeBinomial {
    fn event(&self, _: Types<'_>) -> Result<DistEvent, String> {
        single(Kind::Count)
    }
    fn log_prob(&self, p: Params<'g>, x: Ex<'g>) -> Ex<'g> {
        negative_binomial_log_prob(x, p.both(), p.concentration)
    }
    fn sample(&self, p: Params<'g>, noise: &Noise<'g>) -> Ex<'g> {
        let rate = gamma::standard(p.concentration, noise).with_rate(p.concentration / p.both().0);
        poisson::drawn(rate.broadcast(&noise.shape).detach(), noise)
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
        Ok(|p| p.both().0)
    }
    fn entropy(&self) -> Closed<'g, Self> {
        Err("it is an infinite sum over the counts without a closed form")
    }
}
