//! `Mixture`: each element from one of several distributions of a row.

use super::{ROWS, gumbel_max, last, last_axis, logsumexp_last, param, pick, sum_last, truncated, with_last};
use crate::ir::{DType, Dim, Graph, Shape, Value};
use crate::rows::{DistEvent, DistParam, DistRow, FormRow, Row};
use crate::types::event::{EventTy, Support};
use std::sync::LazyLock;

/// The form.
pub struct Mixture;

impl Row for Mixture {
    fn name(&self) -> &'static str {
        "Mixture"
    }
    fn doc(&self) -> &'static str {
        "Each element from a mixture of its own: `Mixture(Laplace(m, s), logits: w)`, where the last axis of every parameter, and of logits, has \
         one entry for each component and is no axis of the event. Parameters that are one number are shared by the components; without \
         logits all weigh the same. The density is summed over the components exactly; draws carry no derivative. (Bishop 1994, eq. 22.) For one \
         component shared by a whole vector write `k ~ Categorical(..)` and let the parameters of the next line depend on `k`: what k is \
         gets summed over exactly, too."
    }
}

impl FormRow for Mixture {
    fn own_params(&self) -> &'static [DistParam] {
        const P: &[DistParam] =
            &[super::optional("logits", Support::REALS, 0.0, "unnormalised ln of the weights; the last axis are the components")];
        P
    }
    fn around(&self, inner: &'static dyn DistRow) -> Result<&'static dyn DistRow, String> {
        let found = ALL.iter().copied().find(|t| t.inner.name() == inner.name());
        found.map(|t| t as &'static dyn DistRow).ok_or_else(|| {
            format!(
                "`{}` is no distribution of single numbers with parameters of its own for each; for one choice that a whole event shares, \
                 write `k ~ Categorical(..)` and give `{}` parameters that depend on `k`",
                inner.name(),
                inner.name()
            )
        })
    }
}

/// A mixture of a row; its parameters are those of the row, then `logits`.
pub(super) struct MixtureOf {
    inner: &'static dyn DistRow,
    name: &'static str,
    params: &'static [DistParam],
}

/// One for each row of single numbers, truncated ones included, made once.
static ALL: LazyLock<Vec<&'static MixtureOf>> = LazyLock::new(|| {
    let within = truncated::ALL.iter().map(|t| *t as &'static dyn DistRow);
    let fit = ROWS.iter().copied().chain(within).filter(|r| r.elementwise());
    fit.map(|inner| {
        let (name, params) = super::composed(&Mixture, inner, format!("{}Mixture", inner.name()));
        &*Box::leak(Box::new(MixtureOf { inner, name, params }))
    })
    .collect()
});

impl MixtureOf {
    fn inner<'p>(&self, params: &'p [Option<Value>]) -> &'p [Option<Value>] {
        let n = self.inner.dist_params().len();
        params.split_at(n.min(params.len())).0
    }
    /// Number of components.
    fn count(g: &Graph, params: &[Option<Value>]) -> usize {
        params.iter().flatten().filter(|&&v| g.rank(v) > 0).map(|&v| super::last_size(g, v)).max().unwrap_or(1)
    }
    /// The logits, with an axis for the components even where they are one number.
    fn logits(&self, g: &mut Graph, params: &[Option<Value>], rank: usize) -> Value {
        let w = param(g, params, self.inner.dist_params().len(), 0.0);
        if g.rank(w) > 0 {
            return w;
        }
        let mut dims = vec![Dim::fixed(1); rank];
        dims.push(Dim::fixed(Self::count(g, params)));
        g.broadcast(w, Shape(dims))
    }
    fn log_weights(&self, g: &mut Graph, params: &[Option<Value>], rank: usize) -> Value {
        let logits = self.logits(g, params, rank);
        let axis = last(g, logits);
        g.log_softmax(logits, axis)
    }
}

impl Row for MixtureOf {
    fn name(&self) -> &'static str {
        self.name
    }
    fn doc(&self) -> &'static str {
        Mixture.doc()
    }
}

impl DistRow for MixtureOf {
    fn dist_params(&self) -> &'static [DistParam] {
        self.params
    }
    fn event(&self, params: &[Option<EventTy>]) -> Result<DistEvent, String> {
        let names: Vec<&str> = self.params.iter().map(|p| p.name).collect();
        last_axis(params, &names)?;
        let each: Vec<Option<EventTy>> = params
            .iter()
            .take(self.inner.dist_params().len())
            .map(|p| {
                p.as_ref().map(|t| EventTy { kind: t.kind, shape: t.shape.split_last().map(|(_, lead)| lead.to_vec()).unwrap_or_default() })
            })
            .collect();
        let event = self.inner.event(&each)?;
        Ok(DistEvent { kind: event.kind, consumed: event.consumed + 1 })
    }
    fn elementwise(&self) -> bool {
        false
    }
    fn log_prob(&self, g: &mut Graph, params: &[Option<Value>], x: Value) -> Value {
        let shape = g.shape(x);
        let w = self.log_weights(g, params, shape.rank());
        let each = g.reshape(x, with_last(&shape, 1));
        let each = g.broadcast(each, with_last(&shape, Self::count(g, params)));
        let lp = self.inner.log_prob(g, self.inner(params), each);
        let t = g.add(w, lp);
        logsumexp_last(g, t)
    }
    fn sample(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Value {
        let logits = self.logits(g, params, shape.rank());
        let i = gumbel_max(g, logits, shape);
        let i = g.reshape(i, shape.clone());
        let i = g.cast(i, DType::F);
        let of = |g: &mut Graph, p: &Option<Value>| p.map(|v| if g.rank(v) == 0 { v } else { pick(g, v, i) });
        let chosen: Vec<Option<Value>> = self.inner(params).iter().map(|p| of(g, p)).collect();
        let x = self.inner.sample(g, &chosen, shape);
        g.detach(x)
    }
    fn reparameterised(&self) -> bool {
        false
    }
    fn mean(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Option<Value> {
        let each = with_last(shape, Self::count(g, params));
        let m = self.inner.mean(g, self.inner(params), &each)?;
        let w = self.log_weights(g, params, shape.rank());
        let w = g.exp(w);
        let t = g.mul(w, m);
        Some(sum_last(g, t))
    }
}
