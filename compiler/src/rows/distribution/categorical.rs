//! `Categorical`.

use super::axes::{along_last, pick};
use super::declare::prelude::*;
use super::declare::{Named, required};
use super::events::last_axis;
use crate::ir::{DType, ReduceKind};

distribution! {
    /// One of n classes, 0 .. n. The last axis of logits (or probs) has one entry for each class and is no axis of the
    /// event: logits of shape [28, 28, 256] give an event of shape [28, 28]. Log-probability `logits[x] - ln sum
    /// e^logits`. Drawn by the Gumbel-max rule (Maddison, Tarlow and Minka 2014). Where one value is shown for it, that
    /// is the most probable class; the mean, where the data are levels with an order. `Categorical(10)` has ten equal classes.
    pub struct Categorical = "Categorical" {
        /// unnormalised ln of the probabilities; the last axis are the classes
        logits: REALS[1] or probs named "probabilities (PyTorch, NumPyro, Stan) or logits (TensorFlow Probability)",
        /// probabilities; the last axis are the classes
        probs: SIMPLEX[1] or logits,
    }
}

impl<'g> Params<'g> {
    /// The logits, however they were given; with probabilities, already normalised.
    pub(super) fn logits(self) -> Ex<'g> {
        match self.probs {
            None => required(self.logits, "Categorical", "logits"),
            Some(p) => p.max(1e-30).ln(),
        }
    }
    /// ln p and p over the last axis.
    pub(super) fn log_probs(self) -> (Ex<'g>, Ex<'g>) {
        let l = self.logits();
        let lp = l.log_softmax(l.last_axis());
        (lp, lp.exp())
    }
    /// The mean of the numbers of the classes.
    fn mean_number(self) -> Ex<'g> {
        let (_, p) = self.log_probs();
        let numbers = (0..p.last_size()).map(|i| i as f64).collect();
        (p * along_last(p.scope(), numbers, p.rank())).sum_last()
    }
}

impl<'g> Distribution<'g> for Categorical {
    fn event(&self, types: Types<'_>) -> Result<DistEvent, String> {
        single(Kind::Class(last_axis(&types.named())?))
    }
    fn log_prob(&self, p: Params<'g>, x: Ex<'g>) -> Ex<'g> {
        let l = p.logits();
        if l.last_size() == 2 {
            // Two classes are a Bernoulli in l₁ - l₀: no gather, no logsumexp.
            let [l0, l1] = [0, 1].map(|class| l.slice(l.last_axis(), class, 1));
            let d = (l1 - l0).drop_last();
            return x * d - d.softplus();
        }
        // After the greatest is subtracted: beside a large one the logarithm of the sum would be lost.
        let most = l.reduce(ReduceKind::Max, &[l.last_axis()]).detach();
        let norm = (l - most).exp().sum_last().ln();
        pick(l, x) - most.drop_last() - norm
    }
    fn sample(&self, p: Params<'g>, noise: &Noise<'g>) -> Ex<'g> {
        noise.class(p.logits()).reshape(noise.shape.clone()).cast(DType::F)
    }
    fn reparameterised(&self) -> Reparameterised<RelaxationOf<'g, Self>> {
        Reparameterised::No
    }
    fn mean(&self) -> Closed<'g, Self> {
        Ok(|p| p.mean_number())
    }
    fn centre(&self, p: Params<'g>, kind: Kind) -> Ex<'g> {
        match kind {
            Kind::Class(_) => {
                let l = p.logits();
                l.argmax(l.last_axis()).drop_last().cast(DType::F)
            }
            Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Count | Kind::Real(_) => p.mean_number(),
        }
    }
    fn entropy(&self) -> Closed<'g, Self> {
        Ok(|p| {
            let (lp, p) = p.log_probs();
            -(p * lp).sum_last()
        })
    }
}
