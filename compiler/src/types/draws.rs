//! Statements that draw: `z ~ Normal(m, s)[16] by score`. The distribution with its parameters, the axes of independent draws, and how a
//! derivative passes through.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one form of expression is asked for; all others are alike"
)]

use super::scope::Scope;
use super::{Bad, Baseline, Checker, Estimator, Res, TDist, TExpr, TKind, TModel, TSite, TSiteKind, density};
use crate::diag::{codes, suggest::did_you_mean};
use crate::event::{EventTy, Kind, Support};
use crate::rows::args::Args;
use crate::rows::{self, DistParam, DistRow, FormRow};
use crate::span::Span;
use crate::syntax::ast::{Arg, Call, DrawSite, Expr, ExprKind};

/// A distribution as written: its row, its compile-time arguments, and its parameters in the row's order.
type Written = (&'static dyn DistRow, Args, Vec<Option<TExpr>>);

impl Checker<'_> {
    /// A drawn site by itself, whatever the data are.
    pub(super) fn drawn(&mut self, d: &DrawSite, scope: &Scope, model: &TModel) -> Res<TSite> {
        let (row, args, params) = self.distribution(&d.dist, scope)?;
        let suffix = match &d.shape {
            Some(dims) => Some(self.dims(dims)?),
            None => None,
        };
        let types: Vec<Option<EventTy>> = params.iter().map(|p| p.as_ref().map(|p| p.ty.clone())).collect();
        row.together(&types)
            .map_err(|(why, help)| Bad::from(codes::e0301::together(row.name(), d.dist.span, &why, &help)))?;
        let event = row
            .event(&types)
            .map_err(|why| Bad::from(codes::e0201::distribution(row.name(), d.dist.span, &why)))?;
        let mut shape = independent(d, row, &params, suffix)?;
        shape.extend(event.own);
        let whole = EventTy { kind: event.kind, shape };
        let ty = whole.drawn();
        let value_span =
            d.shape.as_ref().and_then(|s| s.last()).map_or(d.dist.span, |s| d.dist.span.to(s.span));
        let (by, baseline) = self.estimator(d, row, &ty, scope, model)?;
        let dist =
            TDist { row, args, params, by, written: d.by.is_some(), baseline, order: None, time: None };
        let covers = row.covers(&types).unwrap_or(whole.kind.support());
        let (name, kind) = (d.name.name.clone(), TSiteKind::Draw(dist));
        Ok(TSite { observed: false, name, kind, ty, covers, span: d.name.span, value_span })
    }

    /// How a derivative passes through a draw of `row` with event `ty`, as `by ..` says or as the compiler chooses; with the baseline that is learned.
    fn estimator(
        &mut self,
        d: &DrawSite,
        row: &'static dyn DistRow,
        ty: &EventTy,
        scope: &Scope,
        model: &TModel,
    ) -> Res<(Estimator, Option<TExpr>)> {
        let summed = |s: &&TSite| matches!(&s.kind, TSiteKind::Draw(d) if d.by == Estimator::Enumerate);
        let combinations =
            model.sites.iter().filter(summed).filter_map(density::values).fold(1, usize::saturating_mul);
        let Some(c) = &d.by else { return Ok((rows::estimator::chosen(row, ty, combinations), None)) };
        let e = rows::find(rows::estimator::ROWS, &c.name.name).ok_or_else(|| {
            let (name, known) = (&c.name.name, rows::estimator::ROWS.iter().map(|r| r.name()));
            let near = did_you_mean(name, known).map(str::to_string);
            Bad::from(codes::e0200::unknown("gradient estimator", name, c.name.span, near.as_deref()))
        })?;
        if !model.guide {
            let data = self.data_var(&d.name.name).is_some();
            return Err(codes::e0303::in_a_model(e.name(), c.span, &d.name.name, data).into());
        }
        let unfit = |why: String| Bad::from(codes::e0303::does_not_fit(e.name(), c.span, d.dist.span, &why));
        let (rest, learned) = self.learned_baseline(e.name(), c, scope)?;
        let by_args = super::consts::bind(&self.consts, e.params(), &rest)?;
        let by = e.make(&by_args, row, ty).map_err(unfit)?;
        if let (Estimator::Enumerate, Some(n)) = (by, rows::distribution::values::count(row, ty)) {
            rows::estimator::combined(combinations, n).map_err(unfit)?;
        }
        let by = if learned.is_some() { Estimator::Score { baseline: Baseline::Learned } } else { by };
        Ok((by, learned))
    }

    /// Takes `baseline: b(x)` out of `score(..)`: anything but the words that the row knows. It may read what stands before the draw, so
    /// that the gradient stays unbiased.
    fn learned_baseline(&mut self, estimator: &str, c: &Call, scope: &Scope) -> Res<(Call, Option<TExpr>)> {
        let expression = |e: &Expr| match &e.kind {
            ExprKind::Name(n) => scope.vars.contains_key(n),
            _ => true,
        };
        let at = c
            .args
            .iter()
            .position(|a| a.key.as_ref().is_none_or(|k| k.name == "baseline") && expression(&a.value));
        let (Some(at), "score") = (at, estimator) else { return Ok((c.clone(), None)) };
        let mut rest = c.clone();
        let arg = rest.args.remove(at);
        let b = self.expr(&arg.value, scope)?;
        if !b.ty.shape.is_empty() || matches!(b.ty.kind, Kind::Class(_)) {
            return Err(codes::e0211::baseline(b.span, &b.ty).into());
        }
        Ok((rest, Some(b)))
    }

    /// The row of a distribution as written, with its parameters: those of the distribution inside first, where a form is around one.
    fn distribution(&mut self, c: &Call, scope: &Scope) -> Res<Written> {
        let name = &c.name.name;
        if let Some(form) = rows::find(rows::distribution::FORMS, name) {
            return self.around(form, c, scope);
        }
        let row = rows::find(rows::distribution::ROWS, name).ok_or_else(|| {
            let forms = rows::distribution::FORMS.iter().map(|r| r.name());
            let near = did_you_mean(name, rows::distribution::ROWS.iter().map(|r| r.name()).chain(forms))
                .map(str::to_string);
            Bad::from(codes::e0200::unknown("distribution", name, c.name.span, near.as_deref()))
        })?;
        let constant =
            |a: &&Arg| a.key.as_ref().is_some_and(|k| row.params().iter().any(|p| p.name == k.name));
        let (compile_time, tensors): (Vec<&Arg>, Vec<&Arg>) = c.args.iter().partition(constant);
        let with = |args: Vec<&Arg>| Call { args: args.into_iter().cloned().collect(), ..c.clone() };
        let params = self.dist_params(row.name(), row.dist_params(), &with(tensors), scope)?;
        let args = super::consts::bind(&self.consts, row.params(), &with(compile_time))?;
        Ok((row, args, params))
    }

    /// A form around a distribution: `Truncated(Normal(0, 1), high: 2)`.
    fn around(&mut self, form: &'static dyn FormRow, c: &Call, scope: &Scope) -> Res<Written> {
        let inside = c.args.iter().enumerate().find_map(|(i, a)| match &a.value.kind {
            ExprKind::Call(inner) if a.key.is_none() && named(&inner.name.name) => Some((i, inner)),
            _ => None,
        });
        let Some((at, inner)) = inside else {
            return Err(codes::e0207::no_distribution(form.name(), c.span).into());
        };
        let (inner_row, args, mut params) = self.distribution(inner, scope)?;
        let row = form
            .around(inner_row)
            .map_err(|why| Bad::from(codes::e0207::unfit(form.name(), inner.span, &why)))?;
        let mut own = c.clone();
        own.args.remove(at);
        let ends = self.dist_params(form.name(), form.own_params(), &own, scope)?;
        let open = |s: &DistParam| s.default.is_some_and(f64::is_infinite);
        if !ends.is_empty() && ends.iter().all(Option::is_none) && form.own_params().iter().all(open) {
            let names: Vec<&str> = form.own_params().iter().map(|s| s.name).collect();
            return Err(codes::e0207::no_end(form.name(), c.span, &names).into());
        }
        params.extend(ends);
        Ok((row, args, params))
    }

    /// Binds the parameters of a distribution or form by name or position.
    fn dist_params(
        &mut self,
        name: &str,
        specs: &[DistParam],
        c: &Call,
        scope: &Scope,
    ) -> Res<Vec<Option<TExpr>>> {
        let mut slots: Vec<(&DistParam, Slot)> = specs.iter().map(|s| (s, Slot::Empty)).collect();
        let mut next = 0;
        for a in &c.args {
            let i = match &a.key {
                Some(k) => specs.iter().position(|s| s.name == k.name).ok_or_else(|| {
                    let names: Vec<&str> = specs.iter().map(|s| s.name).collect();
                    Bad::from(codes::e0207::unknown_argument(name, &k.name, k.span, &names))
                })?,
                None => {
                    next += 1;
                    next - 1
                }
            };
            let Some((spec, slot)) = slots.get_mut(i) else {
                return Err(codes::e0207::too_many(name, specs.len(), a.value.span).into());
            };
            if !matches!(slot, Slot::Empty) {
                return Err(codes::e0207::twice(name, spec.name, a.value.span).into());
            }
            let endless = spec.default.is_some_and(|d| self.infinite(&a.value, scope) == Some(d));
            *slot = match endless {
                true => Slot::Endless,
                false => Slot::Given(self.dist_param((name, specs, spec), c, a, scope)?),
            };
        }
        completed(name, slots, c.span)
    }

    /// The value of parameter `spec` of `row`, one of `specs`, as argument `a` of the call `c` gives it.
    fn dist_param(
        &mut self,
        (row, specs, spec): (&str, &[DistParam], &DistParam),
        c: &Call,
        a: &Arg,
        scope: &Scope,
    ) -> Res<TExpr> {
        // A decoder with several outputs can't stand for one parameter; `expr` says so.
        let v = match spec.name == "scale" && scope.unit_scale(&a.value) {
            true => TExpr::number(1.0, a.value.span),
            false => self.expr(&a.value, scope)?,
        };
        if let Kind::Class(_) = v.ty.kind {
            return Err(codes::e0211::class_arithmetic(v.span).into());
        }
        if !v.support().inside(spec.support) {
            return Err(outside(row, spec, c, &a.value, &v));
        }
        if a.key.is_none() { in_order((row, specs, spec), &a.value, v) } else { Ok(v) }
    }

    /// The value of `inf` and `-inf`, unless something of the spec is called so.
    fn infinite(&self, e: &Expr, scope: &Scope) -> Option<f64> {
        let taken = scope.vars.contains_key("inf") || self.names.contains_key("inf");
        super::consts::infinite(&self.consts, e).filter(|_| !taken)
    }
}

/// What a call says of one parameter.
enum Slot {
    /// Nothing.
    Empty,
    /// `low: -inf`: that this side has no end.
    Endless,
    /// Its value.
    Given(TExpr),
}

/// The parameters of `row`, those that the call at `span` leaves out at their defaults; of alternatives one is given.
fn completed(row: &str, slots: Vec<(&DistParam, Slot)>, span: Span) -> Res<Vec<Option<TExpr>>> {
    let given = |g: u8| {
        let of = |(s, slot): &&(&DistParam, Slot)| s.group == g && matches!(slot, Slot::Given(_));
        slots.iter().filter(of).count()
    };
    for (s, slot) in &slots {
        match (slot, s.group, s.default) {
            (Slot::Given(_), 0, _) => {}
            (Slot::Given(_), g, _) if given(g) > 1 => {
                return Err(codes::e0207::alternatives(row, s.name, span).into());
            }
            (Slot::Empty | Slot::Endless, 0, None) => {
                return Err(codes::e0207::missing(row, s.name, s.doc, span).into());
            }
            (Slot::Empty | Slot::Endless, g, _) if g > 0 && given(g) == 0 => {
                return Err(codes::e0207::missing(row, s.name, s.doc, span).into());
            }
            (Slot::Given(_) | Slot::Empty | Slot::Endless, ..) => {}
        }
    }
    let value = |(s, slot): (&DistParam, Slot)| match slot {
        Slot::Given(v) => Some(v),
        // A side without an end has no parameter.
        Slot::Empty | Slot::Endless => {
            s.default.filter(|d| s.group == 0 && d.is_finite()).map(|d| TExpr::number(d, span))
        }
    };
    Ok(slots.into_iter().map(value).collect())
}

/// The axes of independent draws: the suffix; without it those that parameters have beside the axes of one draw.
fn independent(
    d: &DrawSite,
    row: &dyn DistRow,
    params: &[Option<TExpr>],
    suffix: Option<Vec<usize>>,
) -> Res<Vec<usize>> {
    let mut draws = suffix;
    for (p, spec) in params.iter().zip(row.dist_params()).filter_map(|(p, spec)| Some((p.as_ref()?, spec))) {
        let (each, one) = p.ty.shape.split_at(p.ty.shape.len().saturating_sub(spec.axes));
        match &draws {
            _ if each.is_empty() => {}
            None => draws = Some(each.to_vec()),
            Some(s) if s == each => {}
            Some(s) => {
                let written = d.shape.as_ref().and_then(|d| Some(d.first()?.span.to(d.last()?.span)));
                let cause = written.unwrap_or(d.dist.name.span);
                return Err(match spec.axes {
                    0 => codes::e0201::parameter(row.name(), p.span, each, cause, s),
                    _ => codes::e0201::copies(row.name(), p.span, &p.ty.shape, cause, s, one),
                }
                .into());
            }
        }
    }
    // Neither the call nor a parameter asks for several: one draw.
    Ok(draws.unwrap_or_default())
}

/// Most alternatives that a number stands for.
const MOST_ALTERNATIVES: f64 = 65536.0;

/// Parameter `spec` of `row`, one of `specs`, is given `v`, written as `at`, without its name, by its place.
fn in_order((row, specs, spec): (&str, &[DistParam], &DistParam), at: &Expr, v: TExpr) -> Res<TExpr> {
    // A number in place of the logits of a class is how many classes there are.
    let counts = spec.axes == 1 && v.ty.shape.is_empty() && v.range().constant().is_some();
    let Some(elsewhere) = spec.elsewhere.filter(|_| !counts) else { return Ok(equal_logits(spec, v)) };
    let other = specs.iter().find(|o| spec.group != 0 && o.group == spec.group && o.name != spec.name);
    let other = other.map(|o| o.name);
    Err(codes::e0222::unnamed((row, spec.name), at.span, &at.to_string(), elsewhere, other).into())
}

/// `Categorical(10)`: a whole number in place of the logits is how many there are, all equal.
fn equal_logits(spec: &DistParam, v: TExpr) -> TExpr {
    let count = v.range().constant().filter(|n| n.fract() == 0.0 && (2.0..=MOST_ALTERNATIVES).contains(n));
    match count.filter(|_| spec.name == "logits" && spec.axes == 1 && v.ty.shape.is_empty()) {
        Some(n) => {
            let ty = EventTy { kind: Kind::Real(Support::point(0.0)), shape: vec![n as usize] };
            TExpr { kind: TKind::Const(0.0), ty, ..v }
        }
        None => v,
    }
}

/// Parameter `spec` of `row` is given `v`, written as `at`, which leaves its range.
fn outside(row: &str, spec: &DistParam, c: &Call, at: &Expr, v: &TExpr) -> Bad {
    let name = match &at.kind {
        ExprKind::Name(n) => Some(n.as_str()),
        _ => None,
    };
    let param = codes::e0301::Param { row, name: spec.name, at: at.span, origin: v.origin, variable: name };
    let have = v.support();
    if spec.support == Support::POSITIVE && have.inside(Support::NONNEGATIVE) {
        let fix = match matches!(v.kind, TKind::Const(_)) {
            true => "write a number above 0",
            false => "use `softplus` or `exp` there, or add a small number",
        };
        return codes::e0301::zero(&param, fix).into();
    }
    let fix = fix_text(row, c, at, spec.support, name);
    codes::e0301::support(&param, spec.support, have, &fix).into()
}

/// Whether a distribution, or a form of one, has this name.
fn named(name: &str) -> bool {
    rows::find(rows::distribution::ROWS, name).is_some()
        || rows::find(rows::distribution::FORMS, name).is_some()
}

/// `Normal(m, exp(s))`: the call with the offending argument mapped to where it must lie.
fn fix_text(row: &str, c: &Call, at: &Expr, support: Support, name: Option<&str>) -> String {
    let maps: &[&str] = match support {
        Support::POSITIVE => &["exp", "softplus"],
        s if s.alike(Support::UNIT) => &["sigmoid"],
        Support::Simplex { .. } => &["softmax"],
        Support::Interval(_) => &[],
    };
    if let ExprKind::Number { .. } | ExprKind::Neg(_) = at.kind {
        return format!(
            "write a number that {}",
            match support {
                Support::POSITIVE => "is positive".to_string(),
                s => format!("lies in {s}"),
            }
        );
    }
    let at = at.span;
    let Some(name) = name else {
        return maps.first().map_or_else(
            || format!("give `{row}` a value inside {support}"),
            |m| format!("map it there with `{m}(..)`"),
        );
    };
    let with = |m: &str| {
        let args: Vec<String> = c
            .args
            .iter()
            .map(|a| {
                let v = match (&a.value.kind, a.value.span == at) {
                    (_, true) => format!("{m}({name})"),
                    (ExprKind::Name(n), false) => n.clone(),
                    (ExprKind::Number { value, .. }, false) => value.to_string(),
                    (_, false) => "..".to_string(),
                };
                a.key.as_ref().map_or_else(|| v.clone(), |k| format!("{}: {v}", k.name))
            })
            .collect();
        format!("`{row}({})`", args.join(", "))
    };
    let offers: Vec<String> = maps.iter().map(|m| with(m)).collect();
    let to =
        if support == Support::POSITIVE { "the positive reals".to_string() } else { support.to_string() };
    match offers.is_empty() {
        true => format!("give `{row}` a value inside {support}"),
        false => format!("map it to {to}: {}", offers.join(" or ")),
    }
}
