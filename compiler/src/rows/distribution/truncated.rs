//! `Truncated`: a distribution within an interval.

use super::axes::broadcast_to_params;
use super::cdf::{Cdf, Link};
use super::declare::in_f64;
use super::events::constant;
use super::{EntropyFn, LinkFn, MeanFn, ROWS, RelaxedFn, Reparameterised};
use crate::event::{EventTy, Kind, Support};
use crate::ir::ops::exactly;
use crate::ir::{Ex, Graph, Scope, Shape, Value};
use crate::rows::{DistEvent, DistParam, DistRow, FormRow, Row};
use std::sync::LazyLock;

row! {
    /// A distribution within an interval: `Truncated(Normal(m, s), 0, 1)`, or `Truncated(Laplace(m, s), low: 0)` with
    /// one end only. Its density is the inner one over the mass between the ends, computed in f64 from the end nearest
    /// to the centre, so that ends many scales out are sound. Drawn exactly, by the inverse distribution function between the ends; draws
    /// carry derivatives in the parameters and in the ends. For distributions whose distribution function has a closed
    /// form. Mean and entropy in closed form, too, for all but `Gumbel`; the mean of a truncated normal: Johnson, Kotz
    /// and Balakrishnan 1994, section 13.10.1.
    pub struct Truncated = "Truncated";
}

impl FormRow for Truncated {
    fn own_params(&self) -> &'static [DistParam] {
        dist_params! {
            /// lower end
            low: REALS = f64::NEG_INFINITY,
            /// upper end, above `low`
            high: REALS = f64::INFINITY,
        }
    }
    fn around(&self, inner: &'static dyn DistRow) -> Result<&'static dyn DistRow, String> {
        let found = ALL.iter().copied().find(|t| t.inner.name() == inner.name());
        found.map(|t| t as &'static dyn DistRow).ok_or_else(|| {
            let fit: Vec<&str> = ALL.iter().map(|t| t.inner.name()).collect();
            format!(
                "`{}` has no distribution function in closed form here; `Truncated` takes `{}`",
                inner.name(),
                fit.join("`, `")
            )
        })
    }
}

/// A truncated row; its parameters are those of the row inside, then `low` and `high`.
pub(super) struct Within {
    inner: &'static dyn DistRow,
    cdf: Cdf<LinkFn<'static>>,
    /// Its name and documentation.
    row: &'static dyn Row,
    params: &'static [DistParam],
}

/// One for each row that can be truncated, made once.
pub(super) static ALL: LazyLock<Vec<&'static Within>> = LazyLock::new(|| {
    let fit = ROWS.iter().copied().filter_map(|inner| Some((inner, inner.cdf()?)));
    fit.map(|(inner, cdf)| {
        let (row, params) = super::composed(&Truncated, inner, 0);
        &*Box::leak(Box::new(Within { inner, cdf, row, params }))
    })
    .collect()
});

/// What the formulas of a truncated row read.
struct Interval<'g> {
    cdf: Cdf<Link<'g>>,
    low: Option<Ex<'g>>,
    high: Option<Ex<'g>>,
}

impl Within {
    /// The parameters of the row inside, the lower and the upper end.
    fn parts<'p, T>(&self, params: &'p [Option<T>]) -> (&'p [Option<T>], Option<&'p T>, Option<&'p T>) {
        let n = self.inner.dist_params().len();
        let (inner, own) = params.split_at(n.min(params.len()));
        (inner, own.first().and_then(Option::as_ref), own.get(1).and_then(Option::as_ref))
    }

    fn interval<'g>(&self, s: Scope<'g>, params: &[Option<Value>]) -> Interval<'g> {
        let (inner, low, high) = self.parts(params);
        let cdf = Cdf { law: self.cdf.law, link: (self.cdf.link)(s, inner) };
        Interval { cdf, low: low.map(|v| s.ex(*v)), high: high.map(|v| s.ex(*v)) }
    }
}

impl Row for Within {
    fn name(&self) -> &'static str {
        self.row.name()
    }
    fn doc(&self) -> &'static str {
        self.row.doc()
    }
}

impl DistRow for Within {
    fn work(&self) -> usize {
        self.inner.work() + 500
    }
    fn dist_params(&self) -> &'static [DistParam] {
        self.params
    }
    fn together(&self, params: &[Option<EventTy>]) -> Result<(), (String, String)> {
        let (inner, low, high) = self.parts(params);
        self.inner.together(inner)?;
        // Shapes that do not fit are told by `event`.
        let Ok(event) = self.inner.event(inner) else { return Ok(()) };
        let (least, most) = event.kind.support().ends();
        let (first, last) =
            (low.map_or(Some(least), |t| constant(Some(t))), high.map_or(Some(most), |t| constant(Some(t))));
        if let (Some(a), Some(b)) = (first, last)
            && a.max(least) >= b.min(most)
        {
            let why = match (low, high) {
                (Some(_), Some(_)) if a >= b => format!("`low` is {a} and not below `high`, which is {b}"),
                (Some(_) | None, Some(_) | None) => {
                    format!("nothing of `{}` lies between the ends", self.inner.name())
                }
            };
            return Err((
                why,
                format!(
                    "let the lower end lie below the upper one, and a part of `{}` between them",
                    self.inner.name()
                ),
            ));
        }
        Ok(())
    }
    fn event(&self, params: &[Option<EventTy>]) -> Result<DistEvent, String> {
        self.together(params).map_err(|(why, _)| why)?;
        let (inner, low, high) = self.parts(params);
        let event = self.inner.event(inner)?;
        if low.is_none() && high.is_none() {
            return Err("it is given no end: write `low: ..`, `high: ..` or both".into());
        }
        let lo = low.map_or(f64::NEG_INFINITY, |t| t.kind.support().ends().0);
        let hi = high.map_or(f64::INFINITY, |t| t.kind.support().ends().1);
        let within = event.kind.support().interval().between(lo, hi);
        Ok(DistEvent { kind: Kind::Real(within.into()), own: event.own })
    }
    fn covers(&self, params: &[Option<EventTy>]) -> Option<Support> {
        let (inner, low, high) = self.parts(params);
        let whole =
            self.inner.covers(inner).or_else(|| self.inner.event(inner).ok().map(|e| e.kind.support()))?;
        let low = low.map_or(f64::NEG_INFINITY, |t| t.kind.support().ends().1);
        let high = high.map_or(f64::INFINITY, |t| t.kind.support().ends().0);
        Some(whole.interval().between(low, high).into())
    }
    fn log_prob(&self, g: &mut Graph, params: &[Option<Value>], x: Value) -> Value {
        let s = Scope::of(g);
        in_f64(s, params, &[s.ex(x)], |s, params, x| {
            let [x] = *exactly(x);
            let t = self.interval(s, params);
            let lp = t.cdf.log_prob(x, t.low, t.high);
            let above = t.low.map(|low| x.ge(low));
            let below = t.high.map(|high| x.le(high));
            match (above, below) {
                (Some(a), Some(b)) => a.and(b).select(lp, f64::NEG_INFINITY),
                (Some(one), None) | (None, Some(one)) => one.select(lp, f64::NEG_INFINITY),
                (None, None) => lp,
            }
        })
        .v
    }
    fn sample(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Value {
        let s = Scope::of(g);
        let u = s.uniform(shape);
        in_f64(s, params, &[u], |s, params, u| {
            let [u] = *exactly(u);
            let t = self.interval(s, params);
            t.cdf.quantile_between(t.low, t.high, u)
        })
        .v
    }
    fn reparameterised(&self) -> Reparameterised<RelaxedFn<'_>> {
        Reparameterised::Exactly
    }
    fn mean(&self) -> Result<MeanFn<'_>, &'static str> {
        let moments = self.cdf.law.moments()?;
        Ok(Box::new(move |g, params, shape| {
            let mean = in_f64(Scope::of(g), params, &[], |s, params, _| {
                let t = self.interval(s, params);
                t.cdf.mean(s, moments, t.low, t.high)
            });
            mean.broadcast(shape).v
        }))
    }
    fn centre(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape, _kind: Kind) -> Value {
        match self.mean() {
            Ok(mean) => mean(g, params, shape),
            Err(_) => {
                let median = in_f64(Scope::of(g), params, &[], |s, params, _| {
                    let t = self.interval(s, params);
                    t.cdf.quantile_between(t.low, t.high, s.num(0.5))
                });
                median.broadcast(shape).v
            }
        }
    }
    fn entropy(&self) -> Result<EntropyFn<'_>, &'static str> {
        let moments = self.cdf.law.moments()?;
        Ok(Box::new(move |g, params| {
            let entropy = in_f64(Scope::of(g), params, &[], |s, params, _| {
                let t = self.interval(s, params);
                t.cdf.entropy(s, moments, t.low, t.high)
            });
            broadcast_to_params(entropy, params).v
        }))
    }
    fn values(&self, _g: &mut Graph, _params: &[Option<Value>]) -> Option<usize> {
        None
    }
    fn form(&self) -> Option<(&'static dyn FormRow, &'static dyn DistRow)> {
        Some((&Truncated, self.inner))
    }
}
