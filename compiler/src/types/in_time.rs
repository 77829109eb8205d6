//! Sites in time: the statements that draw them put together, what each reads checked against what is drawn before it.

use super::scope::Scope;
use super::time::{Clock, reads_own};
use super::{
    Bad, Checker, Place, Res, TDist, TExpr, TKind, TModel, TPiece, TSite, TSiteKind, TTime, Times, consts,
};
use crate::diag::codes::{self, e0604, e0605};
use crate::event::{EventTy, Kind, Support};
use crate::interval::Interval;
use crate::rows::args::Const;
use crate::rows::estimator::Estimator;
use crate::span::Span;
use crate::syntax::ast::{Call, DrawSite, Expr, ExprKind, Ident, Site};

/// The name of the site of which this is a statement in time.
pub(super) fn in_time(s: &Site) -> Option<&str> {
    match s {
        Site::Start(s) => Some(&s.name.name),
        Site::Auto(a) => range(&a.order).map(|_| a.name.name.as_str()),
        Site::Draw(_) | Site::Bind(_) => None,
    }
}

/// `1..T`, `forward(1..T)`, `reverse(1..T)`: the ends, and whether it runs backwards.
fn range(e: &Expr) -> Option<(&Expr, &Expr, bool)> {
    if let ExprKind::Times(a, b) = &e.kind {
        return Some((a, b, false));
    }
    let ExprKind::Call(c) = &e.kind else { return None };
    let [one] = c.args.as_slice() else { return None };
    let ExprKind::Times(a, b) = &one.value.kind else { return None };
    match c.name.name.as_str() {
        "forward" => Some((a, b, false)),
        "reverse" => Some((a, b, true)),
        _ => None,
    }
}

/// One statement as it is written.
struct Statement<'a> {
    name: &'a Ident,
    index: Option<&'a Ident>,
    times: Times,
    dist: &'a Call,
    shape: &'a Option<Vec<Expr>>,
    by: &'a Option<Call>,
    /// Of its times.
    at: Span,
    span: Span,
}

/// A statement with its distribution at one time.
struct Typed<'a> {
    written: Statement<'a>,
    site: TSite,
    dist: TDist,
}

impl Checker<'_> {
    /// A site in time from all of its statements.
    pub(super) fn chain(&mut self, all: &[&Site], scope: &Scope, model: &TModel) -> Res<TSite> {
        let statements = all.iter().map(|s| self.statement(s)).collect::<Res<Vec<_>>>()?;
        let Some(first) = statements.first().map(|s| s.name.clone()) else { return Err(Bad::Said) };
        let data = self.data_var(&first.name).map(|v| (v.ty.clone(), v.ty_span));
        if self.broken.contains(&first.name) {
            return Err(Bad::Said);
        }
        let length = match &data {
            Some((ty, at)) if !model.guide => {
                let n = ty.shape.first().copied();
                let n = n.ok_or_else(|| Bad::from(e0605::no_axis(&first.name, first.span, *at)))?;
                if let Some(s) = statements.iter().find(|s| s.times.to > n) {
                    return Err(e0605::beyond(&first.name, s.at, s.times.to - 1, n, *at).into());
                }
                n
            }
            _ => statements.iter().map(|s| s.times.to).max().unwrap_or(0),
        };
        let once = EventTy::real(vec![length]);
        if !super::items::holds(&once.shape) {
            return Err(codes::e0206::size(first.span, "has more times than any memory holds").into());
        }
        each_once(&statements, length)?;
        let mut step = data.filter(|_| !model.guide).map(|(ty, _)| one_time(&ty));
        let mut typed: Vec<Typed<'_>> = Vec::new();
        for s in statements {
            let site = self.typed_at_one_time(&s, (length, step.clone()), scope, model)?;
            let TSiteKind::Draw(dist) = &site.kind else { return Err(Bad::Said) };
            let dist = dist.clone();
            step = step.or_else(|| Some(site.ty.clone()));
            typed.push(Typed { written: s, site, dist });
        }
        self.alike(&typed)?;
        self.drawn_before_read(&typed, length)?;
        if model.guide {
            proposable(&typed)?;
        }
        together(typed, length)
    }

    fn statement<'a>(&self, s: &'a Site) -> Res<Statement<'a>> {
        match s {
            Site::Start(s) => {
                let at = self.time(&s.place)?;
                let times = Times { index: None, from: at, to: at + 1, reverse: false };
                let (dist, shape, by) = (&s.dist, &s.shape, &s.by);
                Ok(Statement {
                    name: &s.name,
                    index: None,
                    times,
                    dist,
                    shape,
                    by,
                    at: s.place.span,
                    span: s.span,
                })
            }
            Site::Auto(a) => {
                let Some((from, to, reverse)) = range(&a.order) else { return Err(Bad::Said) };
                let (from, to) = (self.time(from)?, self.time(to)?);
                if from >= to {
                    return Err(e0605::empty(&a.name.name, a.order.span, from, to).into());
                }
                let times = Times { index: Some(a.index.name.clone()), from, to, reverse };
                let (at, span) = (a.order.span, a.span);
                let (index, dist, shape) = (Some(&a.index), &a.dist, &a.shape);
                Ok(Statement { name: &a.name, index, times, dist, shape, by: &a.by, at, span })
            }
            Site::Draw(_) | Site::Bind(_) => Err(Bad::Said),
        }
    }

    /// A whole number from 0, known before anything runs.
    fn time(&self, e: &Expr) -> Res<usize> {
        Ok(consts::size(&self.consts, e, 0)?)
    }

    fn typed_at_one_time(
        &mut self,
        s: &Statement<'_>,
        (length, step): (usize, Option<EventTy>),
        scope: &Scope,
        model: &TModel,
    ) -> Res<TSite> {
        let draw = DrawSite {
            name: s.name.clone(),
            dist: s.dist.clone(),
            shape: s.shape.clone(),
            by: s.by.clone(),
            span: s.span,
        };
        let mut inner = scope.clone();
        inner.vars.remove(&s.name.name);
        if let Some(index) = s.index {
            inner.vars.insert(index.name.clone(), time(index, &s.times));
        }
        let wanted = step.clone();
        inner.clock = Some(Clock { site: s.name.clone(), times: s.times.clone(), step, length });
        let inner = self.with_used(&s.name.name, s.dist, inner)?;
        let site = self.drawn(&draw, &inner, model)?;
        match wanted {
            Some(ty) if ty.shape != site.ty.shape => {
                let (have, want) = (site.ty.shape_text(), ty.shape_text());
                Err(e0605::step(&s.name.name, site.value_span, &have, &want).into())
            }
            _ => Ok(site),
        }
    }

    /// All statements draw from one distribution, given the same parameters.
    fn alike(&self, all: &[Typed<'_>]) -> Res<()> {
        let Some(first) = all.first() else { return Ok(()) };
        let given = |d: &TDist| d.params.iter().map(Option::is_some).collect::<Vec<_>>();
        let values = |d: &TDist| d.args.values.iter().map(|(n, v, _)| (*n, v.clone())).collect::<Vec<_>>();
        for other in all {
            let (a, b) = (&first.dist, &other.dist);
            let inner = |d: &TDist| d.row.form().map(|(_, i)| i.name());
            let same = a.row.name() == b.row.name() && inner(a) == inner(b) && values(a) == values(b);
            if a.by != b.by || a.baseline.is_some() {
                let at = |s: &Statement<'_>| s.by.as_ref().map_or(s.span, |b| b.span);
                let (one, two) = (at(&first.written), at(&other.written));
                let name = &first.written.name.name;
                return Err(match a.baseline.is_some() {
                    true => codes::e0303::baseline_in_time(name, one).into(),
                    false => {
                        codes::e0303::in_time(name, (one, &a.by.describe()), (two, &b.by.describe())).into()
                    }
                });
            }
            let kinds = |s: &TSite| Some(s.ty.kind).filter(|k| !matches!(k, Kind::Real(_)));
            if !same || given(a) != given(b) || kinds(&first.site) != kinds(&other.site) {
                let show = |d| super::text::distribution(&self.typed, d, true);
                let (one, two) = ((first.site.value_span, show(a)), (other.site.value_span, show(b)));
                return Err(e0605::differ(&first.written.name.name, one, two).into());
            }
        }
        Ok(())
    }

    /// Every time is drawn before another one reads it.
    fn drawn_before_read(&self, all: &[Typed<'_>], length: usize) -> Res<()> {
        let mut drawn = vec![false; length];
        for t in all {
            let w = &t.written;
            let mut reads: Vec<(&Place, Span)> = Vec::new();
            t.dist.params.iter().flatten().for_each(|e| {
                e.walk(&mut |e| {
                    if let TKind::At(of, place) = &e.kind
                        && matches!(of.kind, TKind::Before(..))
                    {
                        reads.push((place, e.span));
                    }
                });
            });
            for t in w.times.in_order() {
                for (place, span) in &reads {
                    let read = place.at(t);
                    if read.and_then(|r| drawn.get(r)).copied() != Some(true) {
                        let of = e0604::Statement {
                            site: &w.name.name,
                            at: w.at,
                            index: w.times.index.as_deref(),
                            reverse: w.times.reverse,
                        };
                        let shift = match place {
                            Place::Shifted(_, by) => Some(*by),
                            Place::Fixed(_) => None,
                        };
                        return Err(e0604::not_drawn(&of, *span, (t, read), shift, length).into());
                    }
                }
                drawn.get_mut(t).into_iter().for_each(|d| *d = true);
            }
        }
        Ok(())
    }

    /// `z[t - 1]`, `x[0]`
    pub(super) fn at(&mut self, x: &Ident, place: &Expr, span: Span, scope: &Scope) -> Res<TExpr> {
        let own = scope.clock.as_ref().filter(|c| c.site.name == x.name);
        let (of, length) = match own {
            Some(clock) => {
                let Some(step) = &clock.step else {
                    return Err(e0604::no_start(&clock.told(), span).into());
                };
                let index = clock.times.index.clone().unwrap_or_default();
                let mut ty = step.clone();
                ty.shape.insert(0, clock.length);
                let origin = Some(clock.site.span);
                let kind = TKind::Before(x.name.clone(), index);
                (TExpr { kind, ty, batched: true, span: x.span, origin }, clock.length)
            }
            None => {
                let of = self.var(&x.name, x.span, scope)?;
                let Some(n) = of.ty.shape.first().copied() else {
                    return Err(e0604::no_axis(&x.name, span, of.origin).into());
                };
                (of, n)
            }
        };
        let place = self.place(place, scope)?;
        let times = scope.clock.as_ref().map(|c| c.times.clone());
        let times = times.unwrap_or(Times { index: None, from: 0, to: 1, reverse: false });
        // What a site reads of itself is held against what is drawn, with all of its statements.
        if own.is_none() {
            let outside = |t: usize| place.at(t).is_none_or(|p| p >= length);
            if let Some(t) = [times.from, times.to - 1].into_iter().find(|t| outside(*t)) {
                let at = matches!(place, Place::Shifted(..)).then_some(t);
                return Err(e0604::outside(&x.name, span, at, length, of.origin).into());
            }
        }
        let ty = one_time(&of.ty);
        let (batched, origin) = (of.batched, of.origin);
        Ok(TExpr { kind: TKind::At(Box::new(of), place), ty, batched, span, origin })
    }

    /// The place that an expression between brackets says: a number, or the time of the statement and a number.
    fn place(&self, e: &Expr, scope: &Scope) -> Res<Place> {
        let index = scope.clock.as_ref().and_then(|c| c.times.index.clone());
        let at = |t: i64| -> Res<i64> {
            let mut env = self.consts.clone();
            env.extend(index.iter().map(|i| (i.clone(), t)));
            match consts::eval(&env, e)? {
                Const::Int(n) => Ok(n),
                Const::Word(w) => Err(e0604::unknown_place(&w, e.span, index.as_deref()).into()),
                Const::Num(_)
                | Const::Text(_)
                | Const::List(_)
                | Const::Call(_)
                | Const::Range(..)
                | Const::Quantity(..) => Err(e0604::no_place(e.span, index.as_deref()).into()),
            }
        };
        let [a, b, c] = [at(2)?, at(3)?, at(6)?];
        match (b - a, c - a, index.clone()) {
            (0, 0, _) => match usize::try_from(a) {
                Ok(n) => Ok(Place::Fixed(n)),
                Err(_) => Err(e0604::negative(e.span, a).into()),
            },
            (1, 4, Some(t)) => Ok(Place::Shifted(t, (a - 2) as isize)),
            _ => Err(e0604::no_place(e.span, index.as_deref()).into()),
        }
    }
}

/// The type of a value at one time.
fn one_time(ty: &EventTy) -> EventTy {
    EventTy { kind: ty.kind, shape: ty.shape.iter().skip(1).copied().collect() }
}

/// The time of a statement as a number.
fn time(index: &Ident, times: &Times) -> TExpr {
    let last = times.to.saturating_sub(1);
    let kind = Kind::Real(Support::Interval(Interval::closed(times.from as f64, last as f64)));
    let ty = EventTy { kind, shape: Vec::new() };
    let kind = TKind::Time(index.name.clone());
    TExpr { kind, ty, batched: true, span: index.span, origin: Some(index.span) }
}

/// Each time is drawn by one statement.
fn each_once(all: &[Statement<'_>], length: usize) -> Res<()> {
    let mut by: Vec<Option<Span>> = vec![None; length];
    for s in all {
        for t in s.times.from..s.times.to {
            let Some(slot) = by.get_mut(t) else { continue };
            if let Some(first) = slot.replace(s.at) {
                return Err(e0605::twice(&s.name.name, t, s.at, first).into());
            }
        }
    }
    let missing: Vec<usize> = (0..length).filter(|t| by.get(*t) == Some(&None)).collect();
    match (missing.first(), all.first()) {
        (Some(t), Some(s)) => {
            Err(e0605::missing(&s.name.name, s.name.span, *t, missing.len(), length).into())
        }
        _ => Ok(()),
    }
}

/// A chain of a guide passes derivatives through its draws, or has the score function in their place.
fn proposable(all: &[Typed<'_>]) -> Res<()> {
    let own = |t: &&Typed<'_>| t.dist.params.iter().flatten().any(reads_own);
    let Some(t) = all.iter().find(own) else { return Ok(()) };
    match t.dist.by {
        Estimator::Score { .. } => Ok(()),
        Estimator::Pathwise if !t.site.ty.kind.discrete() => Ok(()),
        Estimator::Pathwise | Estimator::Enumerate | Estimator::Gumbel { .. } => {
            Err(e0605::discrete_guide(&t.written.name.name, t.site.value_span).into())
        }
    }
}

/// The site of all statements.
fn together(all: Vec<Typed<'_>>, length: usize) -> Res<TSite> {
    let (Some(first), Some(last)) = (all.first(), all.last()) else { return Err(Bad::Said) };
    let own = |t: &Typed<'_>| t.dist.params.iter().flatten().any(reads_own);
    let time = TTime {
        pieces: all.iter().map(|t| t.written.times.clone()).collect(),
        reads_own: all.iter().map(own).collect(),
        step: first.site.ty.shape.clone(),
    };
    let mut shape = vec![length];
    shape.extend(&first.site.ty.shape);
    let kind = match first.site.ty.kind {
        Kind::Real(Support::Interval(own)) => {
            let ranges = all.iter().map(|t| t.site.ty.kind.support().interval());
            Kind::Real(Support::Interval(ranges.fold(own, Interval::hull)))
        }
        kind @ (Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Class(_) | Kind::Count) => {
            kind
        }
    };
    let covers = all.iter().map(|t| t.site.covers).reduce(|a, b| if a == b { a } else { Support::NOTHING });
    let specs = first.dist.params.iter().zip(first.dist.row.dist_params()).enumerate();
    let params = specs.map(|(i, (p, spec))| p.as_ref().map(|_| along(&all, i, spec.axes, length)));
    let params = params.collect();
    let dist = TDist { params, time: Some(Box::new(time)), ..first.dist.clone() };
    Ok(TSite {
        name: first.site.name.clone(),
        ty: EventTy { kind, shape },
        covers: covers.unwrap_or(Support::NOTHING),
        kind: TSiteKind::Draw(dist),
        observed: false,
        span: first.site.span,
        value_span: last.site.value_span,
    })
}

/// Parameter `i` at all times.
fn along(all: &[Typed<'_>], i: usize, axes: usize, length: usize) -> TExpr {
    let values: Vec<(&Times, &TExpr)> =
        all.iter().filter_map(|t| Some((&t.written.times, t.dist.params.get(i)?.as_ref()?))).collect();
    let step = all.first().map_or(&[][..], |t| &t.site.ty.shape);
    let own_axes = all.first().map_or(0, |t| t.dist.event().own.len());
    if let Some(one) = the_same(&values, axes) {
        return one;
    }
    let draws = step.get(..step.len().saturating_sub(own_axes)).unwrap_or_default();
    let (first, rest) = match values.split_first() {
        Some(((_, first), rest)) => (*first, rest),
        None => return TExpr::number(0.0, Span::default()),
    };
    let tail = first.ty.shape.iter().skip(first.ty.shape.len().saturating_sub(axes));
    let shape = std::iter::once(length).chain(draws.iter().copied()).chain(tail.copied()).collect();
    let range = rest.iter().fold(first.range(), |r, (_, e)| r.hull(e.range()));
    let simplex = matches!(first.ty.kind, Kind::Real(Support::Simplex { .. }));
    let kind = if simplex { first.ty.kind } else { Kind::Real(Support::Interval(range)) };
    TExpr {
        ty: EventTy { kind, shape },
        batched: true,
        span: first.span,
        origin: first.origin,
        kind: TKind::Along(
            values.iter().map(|(t, e)| TPiece { times: (*t).clone(), value: (*e).clone() }).collect(),
        ),
    }
}

/// The value that a parameter has at all times, where that is one and the same for all draws.
fn the_same(values: &[(&Times, &TExpr)], axes: usize) -> Option<TExpr> {
    let ((_, first), rest) = values.split_first()?;
    let constant =
        |e: &TExpr| if let TKind::Const(c) = &e.kind { Some((*c, e.ty.shape.clone())) } else { None };
    let plain = first.ty.shape.len() == axes;
    let equal = constant(first).is_some() && rest.iter().all(|(_, e)| constant(e) == constant(first));
    let mut timed = false;
    first.walk(&mut |e| timed |= matches!(e.kind, TKind::Time(_) | TKind::At(..)));
    (plain && (equal || rest.is_empty() && !timed)).then(|| (*first).clone())
}
