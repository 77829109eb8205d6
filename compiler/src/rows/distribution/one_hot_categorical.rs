//! `OneHotCategorical`.

use super::axes::without_last;
use super::categorical::{Categorical, Params, Types};
use super::declare::Named;
use super::declare::prelude::*;
use super::events::last_axis;
use crate::ir::DType;

distribution! {
    /// One of n classes as a vector with a single 1: the last axis of logits (or probs) is the last axis of the event.
    /// `OneHotCategorical(logits: w)[4]` are four of them, an event of shape [4, n]. Log-probability, entropy and KL are
    /// those of `Categorical`, spread over that axis.
    pub struct OneHotCategorical = "OneHotCategorical" as Categorical;
}

impl<'g> Distribution<'g> for OneHotCategorical {
    fn event(&self, types: Types<'_>) -> Result<DistEvent, String> {
        Ok(DistEvent { kind: Kind::OneHot, own: vec![last_axis(&types.named())?] })
    }
    fn log_prob(&self, p: Params<'g>, x: Ex<'g>) -> Ex<'g> {
        x * p.log_probs().0
    }
    fn sample(&self, p: Params<'g>, noise: &Noise<'g>) -> Ex<'g> {
        let lead = without_last(&noise.shape);
        let class = Noise::new(noise.scope, &lead).class(p.logits());
        class.eq(noise.scope.iota(&noise.shape, lead.rank())).cast(DType::F)
    }
    fn reparameterised(&self) -> Reparameterised<RelaxationOf<'g, Self>> {
        Reparameterised::Relaxed(|p, noise, tau| {
            let l = (p.logits().less_greatest() + noise.gumbel()) * (1.0 / tau);
            l.log_softmax(l.last_axis()).exp()
        })
    }
    fn mean(&self) -> Closed<'g, Self> {
        Ok(|p| p.log_probs().1)
    }
    fn entropy(&self) -> Closed<'g, Self> {
        Ok(|p| {
            let (lp, p) = p.log_probs();
            -(p * lp)
        })
    }
    fn vector(&self) -> bool {
        true
    }
}
