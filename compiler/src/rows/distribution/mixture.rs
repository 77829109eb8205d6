//! `Mixture`: each element from one of several distributions of a row.

use super::tails::at_least;
use super::{
    ROWS, constant, entropy_over_values, gumbel_max, last, last_axis, param, pick, reading, sum_last,
    truncated, with_last, without_last,
};
use crate::event::{EventTy, Kind, Support};
use crate::ir::{DType, Dim, Graph, ReduceKind, Shape, Value};
use crate::rows::{DistEvent, DistParam, DistRow, FormRow, Row};
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
        const P: &[DistParam] = &[reading(
            1,
            super::optional(
                "logits",
                Support::REALS,
                0.0,
                "unnormalised ln of the weights; the last axis are the components",
            ),
        )];
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

/// A mixture of a row; its parameters are those of the row and, among them, `logits`.
pub(super) struct MixtureOf {
    pub(super) inner: &'static dyn DistRow,
    pub(super) name: &'static str,
    pub(super) doc: &'static str,
    pub(super) params: &'static [DistParam],
    /// Number of the parameter `logits`.
    pub(super) logits_at: usize,
    /// Whether it is written as the form around the row, not by a name of its own.
    pub(super) composed: bool,
}

/// One for each row of single numbers, truncated ones included, made once.
static ALL: LazyLock<Vec<&'static MixtureOf>> = LazyLock::new(|| {
    let within = truncated::ALL.iter().map(|t| *t as &'static dyn DistRow);
    let fit = ROWS.iter().copied().chain(within).filter(|r| r.elementwise());
    fit.map(|inner| {
        let (name, params) = super::composed(&Mixture, inner, 1);
        let logits_at = inner.dist_params().len();
        &*Box::leak(Box::new(MixtureOf {
            inner,
            name,
            doc: Mixture.doc(),
            params,
            logits_at,
            composed: true,
        }))
    })
    .collect()
});

impl MixtureOf {
    /// What the row inside is given, in its order.
    fn inner<T: Clone>(&self, params: &[T]) -> Vec<T> {
        params.iter().enumerate().filter(|(i, _)| *i != self.logits_at).map(|(_, p)| p.clone()).collect()
    }
    /// The types of one component's parameters.
    fn of_one(&self, params: &[Option<EventTy>]) -> Vec<Option<EventTy>> {
        let lead = |t: &EventTy| EventTy {
            kind: t.kind,
            shape: t.shape.split_last().map(|(_, lead)| lead.to_vec()).unwrap_or_default(),
        };
        self.inner(params).iter().map(|p| p.as_ref().map(lead)).collect()
    }
    /// Number of components.
    fn count(g: &Graph, params: &[Option<Value>]) -> usize {
        params
            .iter()
            .flatten()
            .filter(|&&v| g.rank(v) > 0)
            .map(|&v| super::last_size(g, v))
            .max()
            .unwrap_or(1)
    }
    /// The logits, with an axis for the components even where they are one number.
    fn logits(&self, g: &mut Graph, params: &[Option<Value>], rank: usize) -> Value {
        let w = param(g, params, self.logits_at, 0.0);
        if g.rank(w) > 0 {
            return w;
        }
        let mut dims = vec![Dim::fixed(1); rank];
        dims.push(Dim::fixed(Self::count(g, params)));
        g.broadcast(w, Shape(dims))
    }
    /// The weighted mean of what the components have, `m: [..shape, components]`.
    fn weighted(&self, g: &mut Graph, params: &[Option<Value>], m: Value, shape: &Shape) -> Value {
        let w = self.log_weights(g, params, shape.rank());
        let w = g.exp(w);
        let t = g.mul(w, m);
        let s = sum_last(g, t);
        g.broadcast(s, shape.clone())
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
        self.doc
    }
}

impl DistRow for MixtureOf {
    fn dist_params(&self) -> &'static [DistParam] {
        self.params
    }
    fn together(&self, params: &[Option<EventTy>]) -> Result<(), (String, String)> {
        self.inner.together(&self.inner(params))
    }
    fn event(&self, params: &[Option<EventTy>]) -> Result<DistEvent, String> {
        // Of numbers alone there is one component: the row itself.
        if params.iter().flatten().any(|t| constant(Some(t)).is_none()) {
            let names: Vec<&str> = self.params.iter().map(|p| p.name).collect();
            last_axis(params, &names)?;
        }
        self.inner.event(&self.of_one(params))
    }
    fn covers(&self, params: &[Option<EventTy>]) -> Option<Support> {
        self.inner.covers(&self.of_one(params))
    }
    fn log_prob(&self, g: &mut Graph, params: &[Option<Value>], x: Value) -> Value {
        let shape = g.shape(x);
        let w = self.log_weights(g, params, shape.rank());
        let each = g.reshape(x, with_last(&shape, 1));
        let lp = self.inner.log_prob(g, &self.inner(params), each);
        let t = g.add(w, lp);
        // ln Σ e^t; where no component has a density at x it is -∞, which less itself would be no number.
        let axis = last(g, t);
        let most = g.reduce(ReduceKind::Max, t, &[axis]);
        let most = at_least(g, most, -1e30);
        let most = g.detach(most);
        let d = g.sub(t, most);
        let e = g.exp(d);
        let s = sum_last(g, e);
        let l = g.log(s);
        let lead = without_last(&g.shape(most));
        let most = g.reshape(most, lead);
        g.add(l, most)
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
        let m = self.inner.mean(g, &self.inner(params), &each)?;
        Some(self.weighted(g, params, m, shape))
    }
    fn without_mean(&self) -> Option<&'static str> {
        self.inner.without_mean()
    }
    fn centre(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape, kind: Kind) -> Option<Value> {
        let each = with_last(shape, Self::count(g, params));
        let m = self.inner.centre(g, &self.inner(params), &each, kind)?;
        Some(self.weighted(g, params, m, shape))
    }
    fn values(&self, g: &Graph, params: &[Option<Value>]) -> Option<usize> {
        self.inner.values(g, &self.inner(params))
    }
    fn entropy(&self, g: &mut Graph, params: &[Option<Value>]) -> Option<Value> {
        let n = self.values(g, params)?;
        entropy_over_values(self, g, params, n)
    }
    fn without_entropy(&self) -> Option<&'static str> {
        const OPEN: &str = "the logarithm of a sum of densities has no integral in closed form";
        let bare = vec![None; self.inner.dist_params().len()];
        let discrete = self.inner.event(&bare).is_ok_and(|e| e.kind.discrete());
        if discrete { None } else { Some(OPEN) }
    }
    fn form(&self) -> Option<(&'static dyn FormRow, &'static dyn DistRow)> {
        self.composed.then_some((&Mixture as &'static dyn FormRow, self.inner))
    }
}
