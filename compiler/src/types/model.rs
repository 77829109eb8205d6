//! Models and guides: each site typed in the order of the text, supports checked, guides matched to their model.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one form of expression is asked for; all others are alike"
)]

use super::in_time::in_time;
use super::scope::Scope;
use super::{
    Bad, Baseline, Checker, Density, Estimator, Res, TDist, TExpr, TKind, TModel, TSite, TSiteKind, density,
};
use crate::diag::{codes, suggest::did_you_mean};
use crate::event::{EventTy, Kind, Support};
use crate::rows::args::Args;
use crate::rows::{self, DistParam, DistRow};
use crate::span::Span;
use crate::syntax::ast::{Arg, BindSite, Call, DrawSite, Expr, ExprKind, Ident, Item, Site};

/// What [`Checker::model`] reads of a model or guide item.
struct Head<'a> {
    name: &'a Ident,
    conds: &'a [Ident],
    sites: &'a [Site],
    guide: bool,
    /// Declared with square brackets.
    per_datum: bool,
}

/// Most models and guides of a spec, each of which is judged beside all others.
const MOST_MODELS: usize = 256;

/// Most sites of a model or guide, each of which is judged beside all others.
const MOST_SITES: usize = 256;

/// The names that a statement gives values.
fn names(s: &Site) -> Vec<&Ident> {
    match s {
        Site::Draw(d) => vec![&d.name],
        Site::Auto(a) => vec![&a.name],
        Site::Start(a) => vec![&a.name],
        Site::Bind(b) => b.pattern.iter().collect(),
    }
}

/// The statement with which a model has too many sites.
fn one_too_many(sites: &[Site]) -> Option<Span> {
    let all = sites.iter().flat_map(names);
    all.map(|n| n.span).nth(MOST_SITES)
}

/// The model or guide that an item is.
fn head(item: &Item) -> Option<Head<'_>> {
    match item {
        Item::Model(m) => {
            Some(Head { name: &m.name, conds: &m.conds, sites: &m.sites, guide: false, per_datum: false })
        }
        Item::Guide(g) => Some(Head {
            name: &g.name,
            conds: &g.conds,
            sites: &g.sites,
            guide: true,
            per_datum: g.per_datum,
        }),
        Item::Use(_)
        | Item::Dim(_)
        | Item::Alias(_)
        | Item::Data(_)
        | Item::Net(_)
        | Item::Flow(_)
        | Item::Param(_)
        | Item::Fn(_)
        | Item::Train(_)
        | Item::Eval(_) => None,
    }
}

impl Checker<'_> {
    pub(crate) fn model_items(&mut self, items: &[&Item]) {
        let mut heads: Vec<Head<'_>> = items.iter().filter_map(|item| head(item)).collect();
        if let Some(h) = heads.get(MOST_MODELS) {
            self.say(codes::e0206::too_many_models(h.name.span, MOST_MODELS));
            self.broken.extend(heads.iter().skip(MOST_MODELS).map(|h| h.name.name.clone()));
            heads.truncate(MOST_MODELS);
        }
        for guide in [false, true] {
            for head in heads.iter().filter(|h| h.guide == guide) {
                match one_too_many(head.sites) {
                    None => self.model(head),
                    Some(at) => {
                        self.broken.push(head.name.name.clone());
                        self.say(codes::e0206::too_many_sites(at, MOST_SITES));
                    }
                }
            }
        }
    }

    fn model(&mut self, head: &Head<'_>) {
        let mut scope = Scope { model: Some(head.name.name.clone()), guide: head.guide, ..Scope::default() };
        let mut failed = false;
        let mut conds = Vec::new();
        let before = self.broken.len();
        for c in head.conds {
            if self.broken.contains(&c.name) {
                failed = true;
                continue;
            }
            match self.data_var(&c.name).map(|v| (v.ty.clone(), v.ty_span)) {
                Some((ty, at)) => {
                    let t = TExpr {
                        kind: TKind::Var(c.name.clone()),
                        ty,
                        batched: true,
                        span: c.span,
                        origin: Some(at),
                    };
                    scope.vars.insert(c.name.clone(), t);
                    conds.push(c.name.clone());
                }
                None if head.per_datum && self.names.contains_key(&c.name) => {
                    let (what, at) = self.names.get(&c.name).copied().unwrap_or(("name", c.span));
                    let data = self.typed.data.iter().flat_map(|d| &d.vars).next().map(|v| v.name.clone());
                    self.say(codes::e0214::not_data(
                        &head.name.name,
                        &c.name,
                        c.span,
                        what,
                        at,
                        data.as_deref(),
                    ));
                    failed = true;
                }
                None => {
                    let known = self.typed.data.iter().flat_map(|d| &d.vars).map(|v| v.name.as_str());
                    let near = did_you_mean(&c.name, known).map(str::to_string);
                    self.say(codes::e0200::unknown("data variable", &c.name, c.span, near.as_deref()));
                    self.broken.push(c.name.clone());
                    failed = true;
                }
            }
        }
        if head.per_datum && !failed {
            match self.each(head) {
                Ok(item) => scope.each = Some(item),
                Err(bad) => {
                    failed = true;
                    self.say(bad);
                }
            }
        }
        let params = self.typed.params.len();
        let mut model = TModel {
            name: head.name.name.clone(),
            guide: head.guide,
            conds,
            each: scope.each,
            sites: Vec::new(),
            density: Density::Unobserved,
            span: head.name.span,
        };
        for (i, s) in head.sites.iter().enumerate() {
            let behind = head.sites.get(i + 1..).unwrap_or_default();
            // A site in time is typed where its last statement stands.
            if in_time(s).is_some_and(|n| behind.iter().any(|r| in_time(r) == Some(n))) {
                continue;
            }
            let made = match in_time(s) {
                Some(n) => self.site_in_time(n, head.sites, &mut scope, &mut model),
                None => self.site(s, behind, &mut scope, &mut model),
            };
            if let Err(bad) = made {
                failed = true;
                self.broken.extend(names(s).iter().map(|n| n.name.clone()));
                self.say(bad);
            }
        }
        self.broken.truncate(before);
        if !failed && head.per_datum && self.typed.params.len() == params {
            failed = true;
            self.say(codes::e0214::without_free(
                &head.name.name,
                head.name.span,
                head.conds.first().map_or("x", |c| &c.name),
            ));
        }
        if failed {
            self.broken.push(head.name.name.clone());
            return;
        }
        if !head.guide {
            model.density = density::conclude(&model, &self.typed.flows);
        }
        self.typed.models.push(model);
    }

    /// The data item whose data a guide `q[x]` holds blocks of: that of all the variables between the brackets.
    fn each(&self, head: &Head<'_>) -> Res<usize> {
        let mut found: Option<(usize, &Ident)> = None;
        for c in head.conds {
            let Some(item) = self.typed.data.iter().position(|d| d.vars.iter().any(|v| v.name == c.name))
            else {
                return Err(Bad::Said);
            };
            match found {
                Some((first, of)) if first != item => {
                    return Err(codes::e0214::two_items(&of.name, of.span, &c.name, c.span).into());
                }
                Some(_) => {}
                None => found = Some((item, c)),
            }
        }
        let Some((item, c)) = found else { return Err(Bad::Said) };
        match self.typed.data.get(item) {
            Some(d) if d.dynamic => {
                Err(codes::e0214::redrawn(&head.name.name, &c.name, c.span, d.span).into())
            }
            Some(_) => Ok(item),
            None => Err(Bad::Said),
        }
    }

    /// The site of all statements in time of this name.
    fn site_in_time(&mut self, n: &str, all: &[Site], scope: &mut Scope, model: &mut TModel) -> Res<()> {
        let statements: Vec<&Site> = all.iter().filter(|s| in_time(s) == Some(n)).collect();
        let site = self.chain(&statements, scope, model)?;
        let site = self.observe(site, model, false)?;
        self.add(scope, model, site)
    }

    fn site(&mut self, s: &Site, behind: &[Site], scope: &mut Scope, model: &mut TModel) -> Res<()> {
        match s {
            Site::Draw(d) => {
                let site = self.draw(d, scope, model)?;
                self.add(scope, model, site)
            }
            Site::Bind(b) if self.waits(b, behind, scope)? => Ok(()),
            Site::Bind(b) => {
                for site in self.bind_site(b, scope, model)? {
                    self.add(scope, model, site)?;
                }
                Ok(())
            }
            Site::Auto(a) => {
                let site = self.ordered(a, scope, model)?;
                self.add(scope, model, site)
            }
            Site::Start(_) => Ok(()),
        }
    }

    pub(super) fn draw(&mut self, d: &DrawSite, scope: &Scope, model: &TModel) -> Res<TSite> {
        let site = self.drawn(d, scope, model)?;
        self.observe(site, model, false)
    }

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
        // The suffix are the axes of independent draws; without it those that parameters have beside the axes of one draw.
        let mut draws = suffix.clone();
        for (p, spec) in
            params.iter().zip(row.dist_params()).filter_map(|(p, spec)| Some((p.as_ref()?, spec)))
        {
            let keep = p.ty.shape.len().saturating_sub(spec.axes);
            let (each, one) = p.ty.shape.split_at(keep);
            match &draws {
                _ if each.is_empty() => {}
                None => draws = Some(each.to_vec()),
                Some(s) if s == each => {}
                Some(s) => {
                    let cause = d
                        .shape
                        .as_ref()
                        .and_then(|d| Some(d.first()?.span.to(d.last()?.span)))
                        .unwrap_or(d.dist.name.span);
                    return Err(match spec.axes {
                        0 => codes::e0201::parameter(row.name(), p.span, each, cause, s),
                        _ => codes::e0201::copies(row.name(), p.span, &p.ty.shape, cause, s, one),
                    }
                    .into());
                }
            }
        }
        let mut shape = draws.unwrap_or_default();
        shape.extend(event.own);
        let whole = EventTy { kind: event.kind, shape };
        let ty = whole.drawn();
        let value_span =
            d.shape.as_ref().and_then(|s| s.last()).map_or(d.dist.span, |s| d.dist.span.to(s.span));
        let summed = |s: &&TSite| matches!(&s.kind, TSiteKind::Draw(d) if d.by == Estimator::Enumerate);
        let combinations =
            model.sites.iter().filter(summed).filter_map(density::values).fold(1, usize::saturating_mul);
        let mut baseline = None;
        let by = match &d.by {
            None => rows::estimator::chosen(row, &ty, combinations),
            Some(c) => {
                let e = rows::find(rows::estimator::ROWS, &c.name.name).ok_or_else(|| {
                    let near = did_you_mean(&c.name.name, rows::estimator::ROWS.iter().map(|r| r.name()))
                        .map(str::to_string);
                    Bad::from(codes::e0200::unknown(
                        "gradient estimator",
                        &c.name.name,
                        c.name.span,
                        near.as_deref(),
                    ))
                })?;
                if !model.guide {
                    let data = self.data_var(&d.name.name).is_some();
                    return Err(codes::e0303::in_a_model(e.name(), c.span, &d.name.name, data).into());
                }
                let (rest, learned) = self.learned_baseline(e.name(), c, scope)?;
                let by_args = super::consts::bind(&self.consts, e.params(), &rest)?;
                let by = e.make(&by_args, row, &ty).map_err(|why| {
                    Bad::from(codes::e0303::does_not_fit(e.name(), c.span, d.dist.span, &why))
                })?;
                if let (Estimator::Enumerate, Some(n)) = (by, rows::distribution::values::count(row, &ty)) {
                    rows::estimator::combined(combinations, n).map_err(|why| {
                        Bad::from(codes::e0303::does_not_fit(e.name(), c.span, d.dist.span, &why))
                    })?;
                }
                baseline = learned;
                if baseline.is_some() { Estimator::Score { baseline: Baseline::Learned } } else { by }
            }
        };
        let dist =
            TDist { row, args, params, by, written: d.by.is_some(), baseline, order: None, time: None };
        let covers = row.covers(&types).unwrap_or(whole.kind.support());
        let (name, kind) = (d.name.name.clone(), TSiteKind::Draw(dist));
        Ok(TSite { observed: false, name, kind, ty, covers, span: d.name.span, value_span })
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
        if !b.ty.shape.is_empty() || matches!(b.ty.kind, crate::event::Kind::Class(_)) {
            return Err(codes::e0211::baseline(b.span, &b.ty).into());
        }
        Ok((rest, Some(b)))
    }

    /// The row of a distribution as written, with its parameters: those of the distribution inside first, where a form is around one.
    fn distribution(
        &mut self,
        c: &Call,
        scope: &Scope,
    ) -> Res<(&'static dyn DistRow, Args, Vec<Option<TExpr>>)> {
        let name = &c.name.name;
        if let Some(form) = rows::find(rows::distribution::FORMS, name) {
            let inside = c.args.iter().position(|a| {
                a.key.is_none() && matches!(&a.value.kind, ExprKind::Call(c) if named(&c.name.name))
            });
            let Some((at, inner)) = inside.and_then(|i| match &c.args.get(i)?.value.kind {
                ExprKind::Call(inner) => Some((i, inner)),
                _ => None,
            }) else {
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
            return Ok((row, args, params));
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

    /// Binds the parameters of a distribution or form by name or position.
    fn dist_params(
        &mut self,
        name: &str,
        specs: &[DistParam],
        c: &Call,
        scope: &Scope,
    ) -> Res<Vec<Option<TExpr>>> {
        let mut params: Vec<Option<TExpr>> = vec![None; specs.len()];
        let mut open = vec![false; specs.len()];
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
            let Some((slot, spec)) = params.get_mut(i).zip(specs.get(i)) else {
                return Err(codes::e0207::too_many(name, specs.len(), a.value.span).into());
            };
            let without_end = open.get_mut(i);
            if slot.is_some() || without_end.as_ref().is_some_and(|o| **o) {
                return Err(codes::e0207::twice(name, spec.name, a.value.span).into());
            }
            if let Some(o) = without_end
                .filter(|_| spec.default.is_some_and(|d| self.infinite(&a.value, scope) == Some(d)))
            {
                *o = true;
                continue;
            }
            // A decoder with several outputs can't stand for one parameter; `expr` says so.
            let v = match spec.name == "scale" && scope.unit_scale(&a.value) {
                true => TExpr::number(1.0, a.value.span),
                false => self.expr(&a.value, scope)?,
            };
            if let Kind::Class(_) = v.ty.kind {
                return Err(codes::e0211::class_arithmetic(v.span).into());
            }
            if !v.support().inside(spec.support) {
                return Err(outside(name, spec, c, &a.value, &v));
            }
            *slot = Some(if a.key.is_none() { in_order((name, specs, spec), &a.value, v)? } else { v });
        }
        for (i, s) in specs.iter().enumerate() {
            let given =
                |g: u8| specs.iter().zip(&params).filter(|(o, p)| o.group == g && p.is_some()).count();
            match (params.get(i).is_some_and(Option::is_some), s.group, s.default) {
                (true, 0, _) => {}
                (true, g, _) if given(g) > 1 => {
                    return Err(codes::e0207::alternatives(name, s.name, c.span).into());
                }
                (true, _, _) => {}
                (false, 0, Some(d)) if d.is_infinite() => {}
                (false, 0, Some(d)) => {
                    if let Some(slot) = params.get_mut(i) {
                        *slot = Some(TExpr::number(d, c.span));
                    }
                }
                (false, 0, None) => return Err(codes::e0207::missing(name, s.name, s.doc, c.span).into()),
                (false, g, _) if given(g) == 0 => {
                    return Err(codes::e0207::missing(name, s.name, s.doc, c.span).into());
                }
                (false, _, _) => {}
            }
        }
        Ok(params)
    }

    /// The value of `inf` and `-inf`, unless something of the spec is called so.
    fn infinite(&self, e: &Expr, scope: &Scope) -> Option<f64> {
        let taken = scope.vars.contains_key("inf") || self.names.contains_key("inf");
        super::consts::infinite(&self.consts, e).filter(|_| !taken)
    }

    fn bind_site(&mut self, b: &BindSite, scope: &Scope, model: &TModel) -> Res<Vec<TSite>> {
        if let ExprKind::Call(c) = &b.value.kind
            && c.name.name == "quantize"
            && let [name] = b.pattern.as_slice()
        {
            let [arg] = c.args.as_slice() else {
                return Err(codes::e0207::count("quantize", c.span, c.args.len(), &["a real value"]).into());
            };
            let inner = self.expr(&arg.value, scope)?;
            let kind = match self.data_var(&name.name).map(|v| v.ty.kind) {
                Some(k) => k,
                // It is data, and what is wrong with them has been said.
                None if self.broken.contains(&name.name) => return Err(Bad::Said),
                None => return Err(codes::e0304::quantize_elsewhere(c.span).into()),
            };
            let ty = inner.ty.with_kind(kind);
            let Some(n) = kind.cardinality() else {
                let (data, at) = self.data_var(&name.name).map_or((&ty, c.span), |v| (&v.ty, v.ty_span));
                let value = super::text::plain(&self.typed, &inner);
                return Err(codes::e0304::quantized_reals(&name.name, c.span, at, data, &value).into());
            };
            self.fills_flow(&inner, model)?;
            let filled = self.covered(&inner, model);
            if !Support::open(0.0, n as f64).inside(filled) {
                return Err(codes::e0305::not_onto_levels(arg.value.span, n, filled).into());
            }
            let site = TSite {
                name: name.name.clone(),
                covers: kind.support(),
                ty,
                kind: TSiteKind::Quantize(inner),
                observed: false,
                span: name.span,
                value_span: b.value.span,
            };
            return Ok(vec![self.observe(site, model, true)?]);
        }
        let values = self.unpacked(&b.pattern, &b.value, b.span, scope)?;
        let named = b.pattern.iter().zip(values);
        named.map(|(name, e)| self.bound(name, e, b.value.span, model)).collect()
    }

    /// The values of a pattern: the outputs of a net for several names, else one.
    pub(super) fn unpacked(
        &mut self,
        pattern: &[Ident],
        value: &Expr,
        span: Span,
        scope: &Scope,
    ) -> Res<Vec<TExpr>> {
        let names = pattern.first().zip(pattern.last()).map_or(span, |(x, y)| x.span.to(y.span));
        if let (ExprKind::Call(c), true) = (&value.kind, pattern.len() > 1) {
            if self.broken.contains(&c.name.name) {
                return Err(Bad::Said);
            }
            if let Some(outs) = self.net_outputs(c, scope)? {
                return match outs.len() == pattern.len() {
                    true => Ok(outs),
                    false => Err(codes::e0201::pattern(names, pattern.len(), c.span, outs.len()).into()),
                };
            }
        }
        let one = self.expr(value, scope)?;
        match pattern.len() {
            1 => Ok(vec![one]),
            n => Err(codes::e0201::pattern(span, n, value.span, 1).into()),
        }
    }

    fn bound(&mut self, name: &Ident, e: TExpr, value_span: Span, model: &TModel) -> Res<TSite> {
        self.fills_flow(&e, model)?;
        let (covers, ty) = (self.covered(&e, model), e.ty.clone());
        let site = TSite {
            name: name.name.clone(),
            ty,
            covers,
            kind: TSiteKind::Bind(e),
            observed: false,
            span: name.span,
            value_span,
        };
        self.observe(site, model, false)
    }

    /// A flow that carries back a model's values starts from all that it declares: a narrower draw would have no density at what
    /// comes back outside of it.
    fn fills_flow(&self, e: &TExpr, model: &TModel) -> Res<()> {
        let (arg, flow) = match &e.kind {
            TKind::Flow { flow, arg, .. } => (arg, self.typed.flows.get(*flow)),
            TKind::Map { arg, .. } => (arg, None),
            _ => return Ok(()),
        };
        let drawn = density::inverted(e).and_then(|z| model.site(z)).filter(|_| !model.guide);
        let filled = self.covered(arg, model);
        if let (Some(f), Some(z)) = (flow, drawn)
            && !(f.from.kind.inside(arg.ty.kind) && f.from.kind.support().inside(filled))
        {
            return Err(codes::e0305::not_filled(
                &f.name,
                f.span,
                f.from.kind.support(),
                arg.span,
                filled,
                z.value_span,
            )
            .into());
        }
        self.fills_flow(arg, model)
    }

    /// Where an expression has a density whatever the parameters are: the image of what its draw covers, where it is computed by flows
    /// and invertible maps from one; elsewhere its type's range.
    fn covered(&self, e: &TExpr, model: &TModel) -> Support {
        let whole = e.ty.kind.support();
        match &e.kind {
            TKind::Var(n) => model.site(n).map_or(whole, |s| s.covers),
            TKind::Flow { flow, arg, .. } => {
                let filled = self.covered(arg, model);
                let fills = self.typed.flows.get(*flow).is_some_and(|f| f.from.kind.support().inside(filled));
                match fills || filled.alike(arg.ty.kind.support()) {
                    // From all reals it comes near the ends; a flow of an interval may take its ends to them.
                    true if filled == Support::REALS => whole,
                    true => whole.closure(),
                    false => Support::NOTHING,
                }
            }
            TKind::Map { row, args, arg } if row.inverse().is_some() => match self.covered(arg, model) {
                Support::NOTHING => Support::NOTHING,
                s if s == arg.ty.kind.support() => whole,
                s => row.image(args, s),
            },
            TKind::Map { .. } | TKind::Const(_) | TKind::Schedule(_) | TKind::Data(_) | TKind::Sample(..) => {
                whole
            }
            TKind::Before(..)
            | TKind::At(..)
            | TKind::Time(_)
            | TKind::Along(_)
            | TKind::Param(_)
            | TKind::Let(_)
            | TKind::Net { .. }
            | TKind::Fn { .. }
            | TKind::Neg(_)
            | TKind::Binary(..) => whole,
            TKind::Expect(_)
            | TKind::LogProb { .. }
            | TKind::Objective(_)
            | TKind::Grad { .. }
            | TKind::Corrupt { .. } => whole,
            TKind::Kept(_) | TKind::Others(_) | TKind::Another(_) => whole,
        }
    }

    /// Marks a model's site as observed when a data variable has its name, and compares the two types.
    fn observe(&mut self, mut site: TSite, model: &TModel, quantised: bool) -> Res<TSite> {
        if model.guide {
            return Ok(site);
        }
        if self.broken.contains(&site.name) {
            return Err(Bad::Said);
        }
        let Some(v) = self.data_var(&site.name) else { return Ok(site) };
        let (data, at) = (v.ty.clone(), v.ty_span);
        if model.conds.contains(&site.name) {
            return Err(codes::e0202::condition_drawn(&site.name, site.span, &model.name).into());
        }
        if data.shape != site.ty.shape {
            return Err(codes::e0201::observed(
                &site.name,
                site.value_span,
                &site.ty.shape_text(),
                at,
                &data.shape_text(),
            )
            .into());
        }
        if v.cells.missing {
            let types =
                |d: &TDist| d.params.iter().map(|p| p.as_ref().map(|e| e.ty.clone())).collect::<Vec<_>>();
            let alone = match &site.kind {
                TSiteKind::Draw(d) => {
                    !d.sequential() && d.row.event(&types(d)).is_ok_and(|e| e.own.is_empty())
                }
                TSiteKind::Bind(_) | TSiteKind::Quantize(_) => false,
            };
            if !alone {
                return Err(codes::e0225::together(&site.name, site.value_span, at).into());
            }
        }
        match &site.kind {
            TSiteKind::Bind(e) if data.kind.discrete() && !quantised && density::inverted(e).is_some() => {
                let levels = data.kind.cardinality().unwrap_or(0);
                let value = super::text::plain(&self.typed, e);
                return Err(codes::e0304::discrete_flow(&site.name, e.span, at, levels, &value).into());
            }
            TSiteKind::Draw(d) if data.kind.discrete() && !site.ty.kind.discrete() => {
                return Err(codes::e0304::discrete_density(
                    &site.name,
                    d.row.name(),
                    site.value_span,
                    at,
                    &data,
                )
                .into());
            }
            TSiteKind::Draw(d) if !data.kind.closure().inside(site.ty.kind.closure()) => {
                return Err(codes::e0302::observed(
                    &site.name,
                    site.value_span,
                    d.row.name(),
                    &site.ty,
                    at,
                    &data,
                )
                .into());
            }
            TSiteKind::Draw(d)
                if data.kind.cardinality().zip(site.ty.kind.cardinality()).is_some_and(|(n, k)| k > n) =>
            {
                let (name, value) = (d.row.name(), site.value_span);
                return Err(
                    codes::e0302::too_many_values(&site.name, value, name, &site.ty, (at, &data)).into()
                );
            }
            TSiteKind::Draw(d) if !data.kind.support().inside(site.covers.closure()) => {
                return Err(codes::e0302::ends_move(
                    &site.name,
                    site.value_span,
                    d.row.name(),
                    site.covers,
                    at,
                    &data,
                )
                .into());
            }
            TSiteKind::Bind(e)
                if density::inverted(e).is_some() && !data.kind.closure().inside(site.ty.kind.closure()) =>
            {
                return Err(codes::e0302::observed(
                    &site.name,
                    site.value_span,
                    "the flow",
                    &site.ty,
                    at,
                    &data,
                )
                .into());
            }
            TSiteKind::Bind(e)
                if density::inverted(e).is_some() && !data.kind.support().inside(site.covers.closure()) =>
            {
                return Err(codes::e0302::ends_move(
                    &site.name,
                    site.value_span,
                    "the flow",
                    site.covers,
                    at,
                    &data,
                )
                .into());
            }
            TSiteKind::Draw(_) | TSiteKind::Bind(_) | TSiteKind::Quantize(_) => {}
        }
        // A wider distribution than the data keeps its own kind; the data's kind is what a sample is shown as.
        if matches!(site.kind, TSiteKind::Quantize(_)) {
            site.ty.kind = data.kind;
        }
        site.observed = true;
        Ok(site)
    }

    fn add(&self, scope: &mut Scope, model: &mut TModel, site: TSite) -> Res<()> {
        if let Some(first) = model.site(&site.name) {
            return Err(codes::e0202::declared_twice(&site.name, site.span, first.span).into());
        }
        let origin = match &site.kind {
            TSiteKind::Bind(e) => e.origin.or(Some(site.value_span)),
            TSiteKind::Draw(_) | TSiteKind::Quantize(_) => Some(site.value_span),
        };
        // Where the site is read it is a draw or a datum, and a datum may lie at an end of the range.
        let data = self.data_var(&site.name).filter(|_| site.observed).map(|v| v.ty.kind.support());
        let kind = match (site.ty.kind, data) {
            (Kind::Real(Support::Interval(own)), Some(data)) => Kind::Real(own.hull(data.interval()).into()),
            (Kind::Real(s), Some(_)) => Kind::Real(s.closure()),
            (kind, Some(_) | None) => kind,
        };
        let ty = site.ty.with_kind(kind);
        let t = TExpr { kind: TKind::Var(site.name.clone()), ty, batched: true, span: site.span, origin };
        scope.vars.insert(site.name.clone(), t);
        model.sites.push(site);
        Ok(())
    }
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
    let var = match &at.kind {
        ExprKind::Name(n) => Some(n.as_str()),
        _ => None,
    };
    let have = v.support();
    if spec.support == Support::POSITIVE && have.inside(Support::NONNEGATIVE) {
        let fix = match matches!(v.kind, TKind::Const(_)) {
            true => "write a number above 0",
            false => "use `softplus` or `exp` there, or add a small number",
        };
        return codes::e0301::zero(row, spec.name, at.span, v.origin, var, fix).into();
    }
    let fix = fix_text(row, c, at, spec.support, var);
    codes::e0301::support(row, spec.name, spec.support, at.span, have, v.origin, var, &fix).into()
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
