//! `Mixture`: each element from one of several distributions of a row.

use super::axes::{pick, sum_over_values, with_last};
use super::declare::Noise;
use super::events::{constant, last_axis};
use super::{AtEnd, EntropyFn, MeanFn, ROWS, RelaxedFn, Reparameterised, truncated};
use crate::event::{EventTy, Kind, Support};
use crate::ir::{DType, Dim, Ex, Graph, ReduceKind, Scope, Shape, Value};
use crate::rows::{DistEvent, DistParam, DistRow, FormRow, Row};
use std::sync::LazyLock;

row! {
    /// Each element from a mixture of its own: `Mixture(Laplace(m, s), logits: w)`, where the last axis of every
    /// parameter, and of logits, has one entry for each component and is no axis of the event. Parameters that are one
    /// number are shared by the components; without logits all weigh the same. The density is summed over the components
    /// exactly; draws carry no derivative. (Bishop 1994, eq. 22.) For one component shared by a whole vector write `k ~
    /// Categorical(..)` and let the parameters of the next line depend on `k`: what k is gets summed over exactly, too.
    pub struct Mixture = "Mixture";
}

impl FormRow for Mixture {
    fn own_params(&self) -> &'static [DistParam] {
        dist_params! {
            /// unnormalised ln of the weights; the last axis are the components
            logits: REALS[1] named "probabilities (TensorFlow Probability, Stan) or logits" = 0.0,
        }
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

/// Stands for the greatest logarithm where all are -∞: about the least number of f32.
const LEAST: f64 = -3e38;

/// A mixture of a row; its parameters are those of the row and, among them, `logits`.
pub(super) struct MixtureOf {
    pub(super) inner: &'static dyn DistRow,
    /// Its name and documentation.
    pub(super) row: &'static dyn Row,
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
        let (row, params) = super::composed(&Mixture, inner, 1);
        let logits_at = inner.dist_params().len();
        &*Box::leak(Box::new(MixtureOf { inner, row, params, logits_at, composed: true }))
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
    fn count(s: Scope<'_>, params: &[Option<Value>]) -> usize {
        let given = params.iter().flatten().map(|&v| s.ex(v)).filter(|v| v.rank() > 0);
        given.map(|v| v.last_size()).max().unwrap_or(1)
    }
    /// The logits, with an axis for the components even where they are one number.
    fn logits<'g>(&self, s: Scope<'g>, params: &[Option<Value>], rank: usize) -> Ex<'g> {
        let given = params.get(self.logits_at).copied().flatten();
        let w = given.map_or_else(|| s.num(0.0), |v| s.ex(v));
        if w.rank() > 0 {
            return w;
        }
        let mut dims = vec![Dim::fixed(1); rank];
        dims.push(Dim::fixed(Self::count(s, params)));
        w.broadcast(&Shape(dims))
    }
    fn log_weights<'g>(&self, s: Scope<'g>, params: &[Option<Value>], rank: usize) -> Ex<'g> {
        let logits = self.logits(s, params, rank);
        logits.log_softmax(logits.last_axis())
    }
    /// The weighted mean of what the components have, `each: [..shape, components]`.
    fn weighted<'g>(&self, params: &[Option<Value>], each: Ex<'g>, shape: &Shape) -> Ex<'g> {
        let weights = self.log_weights(each.scope(), params, shape.rank()).exp();
        (weights * each).sum_last().broadcast(shape)
    }
    /// -Σ p ln p over the values 0 .. n of a draw.
    fn entropy_over_values(&self, g: &mut Graph, params: &[Option<Value>]) -> Value {
        let Some(n) = self.values(g, params) else {
            panic!("internal: `{}` does not say how many values it takes", self.name())
        };
        let s = Scope::of(g);
        // The values take a new axis before those that one draw reads.
        let mut rank = 0;
        let widened = |(p, spec): (&Option<Value>, &DistParam)| {
            let p = s.ex((*p)?);
            let mut dims = p.shape().0;
            if dims.is_empty() {
                return Some(p.v);
            }
            let draws = dims.len().saturating_sub(spec.axes);
            rank = rank.max(draws);
            dims.insert(draws, Dim::fixed(1));
            Some(p.reshape(Shape(dims)).v)
        };
        let wide: Vec<Option<Value>> = params.iter().zip(self.params).map(widened).collect();
        let sum = sum_over_values(s, 0..n, rank, |x| {
            let lp = s.push(|g| self.log_prob(g, &wide, x.v));
            lp.exp() * lp
        });
        (-sum).v
    }
}

impl Row for MixtureOf {
    fn name(&self) -> &'static str {
        self.row.name()
    }
    fn doc(&self) -> &'static str {
        self.row.doc()
    }
}

impl DistRow for MixtureOf {
    fn work(&self) -> usize {
        self.inner.work() + 10
    }
    fn dist_params(&self) -> &'static [DistParam] {
        self.params
    }
    fn together(&self, params: &[Option<EventTy>]) -> Result<(), (String, String)> {
        self.inner.together(&self.inner(params))
    }
    fn event(&self, params: &[Option<EventTy>]) -> Result<DistEvent, String> {
        // Of numbers alone there is one component: the row itself.
        if params.iter().flatten().any(|t| constant(Some(t)).is_none()) {
            let named = self.params.iter().zip(params).map(|(p, ty)| (p.name, ty.as_ref()));
            last_axis(&named.collect::<Vec<_>>())?;
        }
        self.inner.event(&self.of_one(params))
    }
    fn covers(&self, params: &[Option<EventTy>]) -> Option<Support> {
        self.inner.covers(&self.of_one(params))
    }
    fn at_ends(&self, params: &[Option<EventTy>]) -> [AtEnd; 2] {
        self.inner.at_ends(&self.of_one(params))
    }
    fn log_prob(&self, g: &mut Graph, params: &[Option<Value>], x: Value) -> Value {
        let s = Scope::of(g);
        let x = s.ex(x);
        let weights = self.log_weights(s, params, x.rank());
        let each = x.reshape(with_last(&x.shape(), 1));
        let terms = weights + s.push(|g| self.inner.log_prob(g, &self.inner(params), each.v));
        // Where no component has a density at x all terms are -∞, which less itself would be no number.
        let most = terms.reduce(ReduceKind::Max, &[terms.last_axis()]).max(LEAST).detach();
        ((terms - most).exp().sum_last().ln() + most.drop_last()).v
    }
    fn sample(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Value {
        let s = Scope::of(g);
        let noise = Noise::new(s, shape);
        let component = noise.class(self.logits(s, params, shape.rank()));
        let component = component.reshape(shape.clone()).cast(DType::F);
        let of_component = |v: Value| if s.ex(v).rank() == 0 { v } else { pick(s.ex(v), component).v };
        let chosen: Vec<Option<Value>> = self.inner(params).iter().map(|p| p.map(of_component)).collect();
        s.push(|g| self.inner.sample(g, &chosen, shape)).detach().v
    }
    fn reparameterised(&self) -> Reparameterised<RelaxedFn<'_>> {
        Reparameterised::No
    }
    fn mean(&self) -> Result<MeanFn<'_>, &'static str> {
        let of_each = self.inner.mean()?;
        Ok(Box::new(move |g, params, shape| {
            let s = Scope::of(g);
            let components = with_last(shape, Self::count(s, params));
            let each = s.push(|g| of_each(g, &self.inner(params), &components));
            self.weighted(params, each, shape).v
        }))
    }
    fn centre(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape, kind: Kind) -> Value {
        let s = Scope::of(g);
        let components = with_last(shape, Self::count(s, params));
        let each = s.push(|g| self.inner.centre(g, &self.inner(params), &components, kind));
        self.weighted(params, each, shape).v
    }
    fn entropy(&self) -> Result<EntropyFn<'_>, &'static str> {
        let bare = vec![None; self.inner.dist_params().len()];
        if self.inner.event(&bare).is_ok_and(|e| e.kind == Kind::Count) {
            return Err("over counts without a bound it is an infinite sum");
        }
        if !self.inner.event(&bare).is_ok_and(|e| e.kind.discrete()) {
            return Err("the logarithm of a sum of densities has no integral in closed form");
        }
        Ok(Box::new(|g, params| self.entropy_over_values(g, params)))
    }
    fn values(&self, g: &mut Graph, params: &[Option<Value>]) -> Option<usize> {
        self.inner.values(g, &self.inner(params))
    }
    fn form(&self) -> Option<(&'static dyn FormRow, &'static dyn DistRow)> {
        self.composed.then_some((&Mixture as &'static dyn FormRow, self.inner))
    }
}
