//! `Truncated`: a distribution within an interval.

use super::tails::Tails;
use super::{ROWS, constant, moments, spread};
use crate::event::{EventTy, Kind, Support};
use crate::ir::{Compare, Graph, Logic, Op, RandomKind, Shape, Value};
use crate::rows::map::ends;
use crate::rows::{DistEvent, DistParam, DistRow, FormRow, Row};
use std::sync::LazyLock;

/// The form.
pub struct Truncated;

impl Row for Truncated {
    fn name(&self) -> &'static str {
        "Truncated"
    }
    fn doc(&self) -> &'static str {
        "A distribution within an interval: `Truncated(Normal(m, s), 0, 1)`, or `Truncated(Laplace(m, s), low: 0)` with one end only. Its \
         density is the inner one over the mass between the ends, computed on a logarithmic scale, so that ends many scales out are sound. \
         Drawn exactly, by the inverse distribution function between the ends; draws carry derivatives in the parameters and in the ends. \
         For distributions whose distribution function has a closed form. Mean and entropy in closed form, too, for all but `Gumbel`; the mean \
         of a truncated normal: Johnson, Kotz and Balakrishnan 1994, section 13.10.1."
    }
}

impl FormRow for Truncated {
    fn own_params(&self) -> &'static [DistParam] {
        const P: &[DistParam] = &[
            super::optional("low", Support::REALS, f64::NEG_INFINITY, "lower end"),
            super::optional("high", Support::REALS, f64::INFINITY, "upper end, above `low`"),
        ];
        P
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
    tails: &'static Tails,
    name: &'static str,
    params: &'static [DistParam],
}

/// One for each row that can be truncated, made once.
pub(super) static ALL: LazyLock<Vec<&'static Within>> = LazyLock::new(|| {
    let fit = ROWS.iter().copied().filter_map(|inner| Some((inner, inner.tails()?)));
    fit.map(|(inner, tails)| {
        let (name, params) = super::composed(&Truncated, inner, 0);
        &*Box::leak(Box::new(Within { inner, tails, name, params }))
    })
    .collect()
});

impl Within {
    /// The inner parameters, and the two ends.
    fn parts<'p>(&self, params: &'p [Option<Value>]) -> (&'p [Option<Value>], Option<Value>, Option<Value>) {
        let n = self.inner.dist_params().len();
        let (inner, own) = params.split_at(n.min(params.len()));
        (inner, own.first().copied().flatten(), own.get(1).copied().flatten())
    }
}

impl Row for Within {
    fn name(&self) -> &'static str {
        self.name
    }
    fn doc(&self) -> &'static str {
        Truncated.doc()
    }
}

impl DistRow for Within {
    fn dist_params(&self) -> &'static [DistParam] {
        self.params
    }
    fn together(&self, params: &[Option<EventTy>]) -> Result<(), (String, String)> {
        let n = self.inner.dist_params().len();
        let (inner, own) = params.split_at(n.min(params.len()));
        self.inner.together(inner)?;
        // Shapes that do not fit are told by `event`.
        let Ok(event) = self.inner.event(inner) else { return Ok(()) };
        let (least, most) = ends(event.kind.support());
        let low = own.first().and_then(Option::as_ref);
        let high = own.get(1).and_then(Option::as_ref);
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
        let n = self.inner.dist_params().len();
        let (inner, own) = params.split_at(n.min(params.len()));
        let event = self.inner.event(inner)?;
        let (least, most) = ends(event.kind.support());
        let low = own.first().and_then(Option::as_ref);
        let high = own.get(1).and_then(Option::as_ref);
        if low.is_none() && high.is_none() {
            return Err("it is given no end: write `low: ..`, `high: ..` or both".into());
        }
        let (lo, hi) = (
            low.map_or(least, |t| ends(t.kind.support()).0),
            high.map_or(most, |t| ends(t.kind.support()).1),
        );
        Ok(DistEvent {
            kind: Kind::Real(Support::Interval { lo: lo.max(least), hi: hi.min(most) }),
            own: event.own,
        })
    }
    fn covers(&self, params: &[Option<EventTy>]) -> Option<Support> {
        let n = self.inner.dist_params().len();
        let (inner, own) = params.split_at(n.min(params.len()));
        let whole =
            self.inner.covers(inner).or_else(|| self.inner.event(inner).ok().map(|e| e.kind.support()))?;
        let (least, most) = ends(whole);
        let low = own.first().and_then(Option::as_ref).map_or(least, |t| ends(t.kind.support()).1);
        let high = own.get(1).and_then(Option::as_ref).map_or(most, |t| ends(t.kind.support()).0);
        Some(Support::between(low.max(least), high.min(most)))
    }
    fn log_prob(&self, g: &mut Graph, params: &[Option<Value>], x: Value) -> Value {
        let (inner, low, high) = self.parts(params);
        let lp = self.inner.log_prob(g, inner, x);
        let mass = self.tails.log_mass(g, inner, low, high);
        let lp = g.sub(lp, mass);
        let above = low.map(|v| g.compare(Compare::Ge, x, v));
        let below = high.map(|v| g.compare(Compare::Le, x, v));
        let inside = match (above, below) {
            (Some(a), Some(b)) => g.push(Op::Logic(Logic::And), &[a, b]),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => return lp,
        };
        let never = g.scalar(f64::NEG_INFINITY);
        g.select(inside, lp, never)
    }
    fn sample(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Value {
        let (inner, low, high) = self.parts(params);
        let u = g.random(RandomKind::Uniform, shape.clone());
        self.tails.between(g, inner, low, high, u)
    }
    fn reparameterised(&self) -> bool {
        true
    }
    fn mean(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Option<Value> {
        let (inner, low, high) = self.parts(params);
        let m = self.tails.mean(g, inner, low, high)?;
        Some(g.broadcast(m, shape.clone()))
    }
    fn without_mean(&self) -> Option<&'static str> {
        self.tails.open().then_some(moments::NO_GUMBEL)
    }
    fn centre(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape, _kind: Kind) -> Option<Value> {
        if let Some(m) = self.mean(g, params, shape) {
            return Some(m);
        }
        let (inner, low, high) = self.parts(params);
        let m = self.tails.median(g, inner, low, high);
        Some(g.broadcast(m, shape.clone()))
    }
    fn entropy(&self, g: &mut Graph, params: &[Option<Value>]) -> Option<Value> {
        let (inner, low, high) = self.parts(params);
        let h = self.tails.entropy(g, inner, low, high)?;
        Some(spread(g, h, params))
    }
    fn without_entropy(&self) -> Option<&'static str> {
        self.tails.open().then_some(moments::NO_GUMBEL)
    }
    fn form(&self) -> Option<(&'static dyn FormRow, &'static dyn DistRow)> {
        Some((&Truncated, self.inner))
    }
}
