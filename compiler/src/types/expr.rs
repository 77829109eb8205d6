//! Expressions of sites and payoffs: names, shapes and supports.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one form of expression is asked for; all others are alike"
)]

use super::log_prob::Bar;
use super::scope::Scope;
use super::{Bad, Checker, Res, TExpr, TKind, Typed};
use crate::diag::{codes, suggest::did_you_mean};
use crate::event::{EventTy, Kind, Support};
use crate::interval::Interval;
use crate::span::Span;
use crate::syntax::ast::{BinOp, BindSite, Expr, ExprKind, Ident};

impl TExpr {
    /// A rank-0 number.
    pub fn number(value: f64, span: Span) -> TExpr {
        TExpr {
            kind: TKind::Const(value),
            ty: EventTy { kind: Kind::Real(Support::point(value)), shape: Vec::new() },
            batched: false,
            span,
            origin: None,
        }
    }
    pub(super) fn real(kind: TKind, shape: Vec<usize>, batched: bool, span: Span) -> TExpr {
        TExpr { kind, ty: EventTy::real(shape), batched, span, origin: None }
    }
    pub(super) fn support(&self) -> Support {
        self.ty.kind.support()
    }
    /// Where each of its numbers lies.
    pub(super) fn range(&self) -> Interval {
        self.support().interval()
    }
}

/// The name of the unit scale.
const UNIT_SCALE: &str = "I";

impl Scope {
    /// Whether an expression is the unit scale, and nothing of the spec is called so.
    pub(super) fn unit_scale(&self, e: &Expr) -> bool {
        matches!(&e.kind, ExprKind::Name(n) if n == UNIT_SCALE && !self.vars.contains_key(n))
    }
}

/// `x[< i]`
fn earlier(x: &Ident, i: &Ident, span: Span, scope: &Scope) -> Res<TExpr> {
    let Some(drawn) = &scope.ordered else {
        return Err(codes::e0602::outside_order(span, &x.name, &i.name).into());
    };
    if (x.name.as_str(), i.name.as_str()) != (drawn.name.0.as_str(), drawn.name.1.as_str()) {
        return Err(codes::e0602::not_these(span, drawn.told()).into());
    }
    let kind = TKind::Before(x.name.clone(), i.name.clone());
    Ok(TExpr { kind, ty: drawn.ty.clone(), batched: true, span, origin: Some(drawn.name.2) })
}

/// Most nodes of all expressions of a spec, functions put in place of their calls.
pub(super) const MOST_NODES: usize = 1 << 18;

impl Checker<'_> {
    /// Types an expression.
    pub(crate) fn expr(&mut self, e: &Expr, scope: &Scope) -> Res<TExpr> {
        self.charge(1, e.span)?;
        match &e.kind {
            ExprKind::Number { value, .. } => finite(*value, e.span).map(|()| TExpr::number(*value, e.span)),
            ExprKind::Name(n) => self.var(n, e.span, scope),
            ExprKind::Neg(a) => self.negated(a, e.span, scope),
            ExprKind::Binary(op, a, b) => {
                self.scaled_unit(*op, a, b, e.span, scope)?;
                let (a, b) = (self.expr(a, scope)?, self.expr(b, scope)?);
                if *op == BinOp::Div && b.range().is_zero() {
                    return Err(codes::e0211::divides_by_zero(e.span, b.span).into());
                }
                binary(&self.typed, *op, a, b, e.span)
            }
            ExprKind::Call(c) => self.call(c, e.span, scope),
            ExprKind::Field(m, s) => {
                only_in_payoffs(
                    &format!("{}.{}", m.name, s.name),
                    "is a sample drawn for a payoff",
                    e.span,
                    scope,
                )?;
                self.field(m, s, e.span)
            }
            ExprKind::Expect(inner) => self.expectation(inner, e.span, scope),
            ExprKind::Others(inner) => self.others(inner, e.span, scope),
            ExprKind::Another(of) => self.another(of, e.span, scope),
            ExprKind::LogProb { model, target, given } => {
                only_in_payoffs(&format!("log {}(..)", model.name), "reads the data", e.span, scope)?;
                self.log_prob(model, &Bar { targets: target, given }, e.span, scope)
            }
            ExprKind::Text(_) => Err(codes::e0211::not_a_number(e.span, "text").into()),
            ExprKind::Tuple(_) => Err(codes::e0211::not_a_number(e.span, "several values").into()),
            ExprKind::List(_) => Err(codes::e0211::list(e.span).into()),
            ExprKind::Before(x, i) => earlier(x, i, e.span, scope),
            ExprKind::At(x, place) => self.at(x, place, e.span, scope),
            ExprKind::Times(..) => {
                Err(codes::e0211::not_a_number(e.span, "a range of times; it stands behind `in`").into())
            }
            ExprKind::Written(_) => {
                only_in_payoffs("an objective", "is one number for the whole batch", e.span, scope)?;
                let calls = self.in_calls(e, scope)?;
                self.expr(&calls, scope)
            }
            ExprKind::Range(..) => {
                Err(codes::e0211::not_a_number(e.span, "a range; put it into a schedule").into())
            }
            ExprKind::Quantity(..) => Err(codes::e0211::not_a_number(e.span, "a duration").into()),
        }
    }

    /// `-a`
    fn negated(&mut self, a: &Expr, span: Span, scope: &Scope) -> Res<TExpr> {
        let a = self.expr(a, scope)?;
        if let Kind::Class(_) = a.ty.kind {
            return Err(codes::e0211::class_arithmetic(a.span).into());
        }
        let ty = a.ty.with_kind(Kind::Real((-a.range()).into()));
        let (batched, origin) = (a.batched, a.origin);
        Ok(TExpr { kind: TKind::Neg(Box::new(a)), ty, batched, span, origin })
    }

    /// `E[inner]`: the mean over the examples of one number for each.
    fn expectation(&mut self, inner: &Expr, span: Span, scope: &Scope) -> Res<TExpr> {
        let a = self.expr(inner, &Scope { others: false, ..scope.clone() })?;
        if let (Some(model), true) = (&scope.model, a.batched) {
            return Err(codes::e0212::mixes("E[..]", span, model).into());
        }
        if let Kind::Class(_) = a.ty.kind {
            return Err(codes::e0211::class_arithmetic(a.span).into());
        }
        if !a.ty.shape.is_empty() {
            let text = scope.calls.is_empty().then(|| inner.to_string());
            let (count, shape) = (a.ty.size(), a.ty.shape_text());
            return Err(codes::e0221::several(inner.span, count, &shape, text.as_deref()).into());
        }
        let kind = Kind::Real(a.range().into());
        Ok(TExpr {
            ty: EventTy { kind, shape: Vec::new() },
            batched: false,
            span,
            origin: a.origin,
            kind: TKind::Expect(Box::new(a)),
        })
    }

    /// Counts `n` more nodes against [`MOST_NODES`]; what goes beyond is said once.
    pub(super) fn charge(&mut self, n: usize, span: Span) -> Res<()> {
        let before = self.nodes;
        self.nodes = before.saturating_add(n);
        match (before > MOST_NODES, self.nodes > MOST_NODES) {
            (true, _) => Err(Bad::Said),
            (false, true) => Err(codes::e0206::too_many_nodes(span, MOST_NODES).into()),
            (false, false) => Ok(()),
        }
    }

    /// Nodes of an expression, the layers of its nets and what its `let`s stand for included.
    pub(super) fn weight(&self, e: &TExpr) -> usize {
        let mut n = 0usize;
        self.walk(e, &mut |c, x| {
            n = n.saturating_add(1);
            if let TKind::Net { net, .. } = &x.kind {
                n = n.saturating_add(c.typed.net(*net).unrolled);
            } else if let TKind::Flow { flow, .. } = &x.kind {
                n = n.saturating_add(c.typed.flow(*flow).unrolled);
            }
        });
        n
    }

    pub(super) fn var(&mut self, n: &str, span: Span, scope: &Scope) -> Res<TExpr> {
        let e = self.var_of(n, span, scope)?;
        let (TKind::Data(name) | TKind::Var(name)) = &e.kind else { return Ok(e) };
        let Some(v) = self.data_var(name).filter(|v| v.cells.missing) else { return Ok(e) };
        // Sites of a model are marked by where they are drawn, conditions by where the data are declared.
        let site = scope.model.is_some() && !scope.guide && e.origin != Some(v.ty_span);
        match (site, self.holes) {
            (true, _) => Err(codes::e0225::parent(name, span, v.ty_span).into()),
            (false, false) => Err(codes::e0225::read(name, span, v.ty_span).into()),
            (false, true) => Ok(e),
        }
    }

    fn var_of(&mut self, n: &str, span: Span, scope: &Scope) -> Res<TExpr> {
        if let Some(t) = scope.vars.get(n) {
            // The argument of a `fn` is put in place of each of its names, and passes over a payoff go through its `let`s.
            self.charge(self.weight(t), span)?;
            return Ok(TExpr { span, ..t.clone() });
        }
        not_made_yet(n, span, scope)?;
        if n == UNIT_SCALE {
            return Err(codes::e0223::no_number(span).into());
        }
        if let Some(v) = self.consts.get(n).and_then(crate::rows::args::Const::num) {
            return Ok(TExpr::number(v, span));
        }
        if let Some((i, p)) = self.typed.params.iter().enumerate().find(|(_, p)| p.name == n) {
            let (ty, origin) = (p.ty.clone(), Some(p.span));
            return Ok(TExpr { kind: TKind::Param(i), ty, batched: false, span, origin });
        }
        if self.broken.iter().any(|b| b == n) {
            return Err(Bad::Said);
        }
        if let Some(v) = self.data_var(n) {
            let (kind, ty, origin) = (TKind::Data(n.into()), v.ty.clone(), Some(v.ty_span));
            return match &scope.model {
                Some(m) => Err(codes::e0212::not_a_condition(n, span, m, v.span).into()),
                None => Ok(TExpr { kind, ty, batched: true, span, origin }),
            };
        }
        Err(self.no_variable(n, span, scope))
    }

    /// What is to be said of a name that is no value here.
    fn no_variable(&self, n: &str, span: Span, scope: &Scope) -> Bad {
        if let Some((what, at)) = self.names.get(n) {
            return codes::e0211::not_a_value(n, span, what, *at).into();
        }
        let data = self.typed.data.iter().flat_map(|d| &d.vars).map(|v| v.name.as_str());
        let known = scope
            .vars
            .keys()
            .map(String::as_str)
            .chain(data.filter(|_| scope.model.is_none()))
            .chain(self.typed.params.iter().map(|p| p.name.as_str()));
        let near = did_you_mean(n, known).map(str::to_string);
        codes::e0200::unknown("name", n, span, near.as_deref()).into()
    }

    /// Refuses a product with the unit scale: whether a standard deviation or a covariance is meant, only its author knows.
    fn scaled_unit(&mut self, op: BinOp, a: &Expr, b: &Expr, span: Span, scope: &Scope) -> Res<()> {
        let factor = match (op, scope.unit_scale(a), scope.unit_scale(b)) {
            (BinOp::Mul, true, _) => b,
            (BinOp::Mul, false, true) => a,
            _ => return Ok(()),
        };
        let value = self.expr(factor, scope)?.range().constant();
        Err(codes::e0223::scaled(span, &factor.to_string(), value).into())
    }

    /// Index of a model or guide.
    pub(crate) fn model_named(&self, id: &Ident) -> Res<usize> {
        if self.broken.contains(&id.name) {
            return Err(Bad::Said);
        }
        self.typed.models.iter().position(|m| m.name == id.name).ok_or_else(|| {
            let declared = self.names.get(&id.name).copied();
            let reads = self
                .typed
                .nets
                .iter()
                .find(|n| n.name == id.name)
                .and_then(|n| n.inputs.first())
                .map(|(_, t, _)| t.shape_text());
            match declared {
                Some(("net", at)) => {
                    return codes::e0706::of_net(&id.name, id.span, at, &reads.unwrap_or_default()).into();
                }
                Some(("flow", at)) => return codes::e0706::of_flow(&id.name, id.span, at).into(),
                // A model with an error of its own is broken, and silent.
                None if !self.names.values().any(|(what, _)| ["model", "guide"].contains(what)) => {
                    return codes::e0706::no_model(&id.name, id.span).into();
                }
                Some(_) | None => {}
            }
            let near =
                did_you_mean(&id.name, self.typed.models.iter().map(|m| m.name.as_str())).map(str::to_string);
            codes::e0200::unknown("model or guide", &id.name, id.span, near.as_deref()).into()
        })
    }

    pub(super) fn field(&mut self, m: &Ident, s: &Ident, span: Span) -> Res<TExpr> {
        let i = self.model_named(m)?;
        let model = self.typed.model(i);
        let Some(site) = model.site(&s.name) else {
            let near = did_you_mean(&s.name, model.sites.iter().map(|s| s.name.as_str())).map(str::to_string);
            return Err(codes::e0200::unknown(
                &format!("site of `{}`", m.name),
                &s.name,
                s.span,
                near.as_deref(),
            )
            .into());
        };
        Ok(TExpr {
            kind: TKind::Sample(m.name.clone(), s.name.clone()),
            ty: site.ty.clone(),
            batched: true,
            span,
            origin: Some(site.value_span),
        })
    }
}

pub(super) fn covers(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end
}

/// The type in which a function row sees an argument: everything is a real number, classes one-hot.
pub fn seen(t: &EventTy) -> EventTy {
    match t.kind {
        Kind::Class(n) => {
            let one = EventTy { kind: Kind::Real(Support::SIMPLEX), shape: vec![n] };
            one.rearranged(vec![t.size() * n])
        }
        Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Count => {
            t.with_kind(Kind::Real(t.kind.support()))
        }
    }
}

/// Refuses the name of what is only being drawn where `n` is read.
fn not_made_yet(n: &str, span: Span, scope: &Scope) -> Res<()> {
    if let Some(drawn) = scope.ordered.as_ref().filter(|d| d.name.0 == n) {
        return Err(codes::e0602::whole(span, drawn.told()).into());
    }
    let waiting = |(_, b): &&(String, BindSite)| b.pattern.iter().any(|name| name.name == n);
    if let Some((x, b)) = scope.pending.iter().find(waiting) {
        return Err(codes::e0602::of_another(span, n, x, b.span).into());
    }
    match scope.clock.as_ref().filter(|c| c.site.name == n) {
        Some(clock) => Err(codes::e0604::whole(span, &clock.told()).into()),
        None => Ok(()),
    }
}

/// The arguments of a net or flow against the inputs that it declares, of which it takes the ends of their ranges too where `at_ends`.
pub(super) fn check_inputs<'a>(
    name: &str,
    args: &[TExpr],
    params: impl Iterator<Item = (&'a str, &'a EventTy, Span)>,
    at_ends: bool,
    at: Span,
) -> Res<()> {
    let params: Vec<_> = params.collect();
    if params.len() != args.len() {
        let names: Vec<&str> = params.iter().map(|p| p.0).collect();
        return Err(codes::e0207::count(name, at, args.len(), &names).into());
    }
    for (a, (input, want, decl)) in args.iter().zip(params) {
        if a.ty.shape != want.shape {
            let (got, takes) = (a.ty.shape_text(), want.shape_text());
            return Err(
                codes::e0201::argument(name, input, (a.span, &got), (decl, &takes), var_name(a)).into()
            );
        }
        // A net that takes real numbers would compute with the number of a class.
        let label = matches!((a.ty.kind, want.kind), (Kind::Class(_), Kind::Real(_)));
        let takes = if at_ends { want.kind.closure() } else { want.kind };
        // A time is a whole number.
        let time = want.kind.cardinality().is_some_and(|n| super::known_times::counts_below(a, n));
        if !time && (label || !a.ty.kind.inside(takes)) {
            return Err(codes::e0302::argument(name, a.span, &a.ty, decl, want).into());
        }
    }
    Ok(())
}

/// The variable an expression is, for messages that suggest changing its declaration.
pub(super) fn var_name(a: &TExpr) -> Option<&str> {
    match &a.kind {
        TKind::Var(n) | TKind::Data(n) => Some(n),
        _ => None,
    }
}

pub(super) fn binary(typed: &Typed, op: BinOp, a: TExpr, b: TExpr, span: Span) -> Res<TExpr> {
    let shape = match (a.ty.shape.is_empty(), b.ty.shape.is_empty()) {
        (true, _) => b.ty.shape.clone(),
        (_, true) => a.ty.shape.clone(),
        _ if a.ty.shape == b.ty.shape => a.ty.shape.clone(),
        _ => {
            return Err(codes::e0201::operands(a.span, &a.ty.shape_text(), b.span, &b.ty.shape_text()).into());
        }
    };
    for t in [&a, &b] {
        if let Kind::Class(_) = t.ty.kind {
            return Err(codes::e0211::class_arithmetic(t.span).into());
        }
    }
    let whole = b.range().constant().is_some_and(|n| n.fract() == 0.0);
    if op == BinOp::Pow && !whole && a.range().lo().at < 0.0 {
        return Err(codes::e0302::power(a.span, a.support(), a.origin, b.span).into());
    }
    let plain = match op {
        BinOp::Add => a.range() + b.range(),
        BinOp::Sub => a.range() - b.range(),
        BinOp::Mul => a.range() * b.range(),
        BinOp::Div => a.range() / b.range(),
        BinOp::Pow => a.range().power(b.range()),
    };
    let range = match super::known_times::range(op, &a, &b) {
        Some(known) => known,
        None => super::mix::of(typed, op, &a, &b).map_or(plain, |mixed| plain.meet(mixed)),
    };
    constant_is_finite(range, &[&a, &b], span)?;
    let batched = a.batched || b.batched;
    let origin = a.origin.or(b.origin);
    Ok(TExpr {
        ty: EventTy { kind: Kind::Real(range.into()), shape },
        batched,
        span,
        origin,
        kind: TKind::Binary(op, Box::new(a), Box::new(b)),
    })
}

/// A number that 32 bits can hold: infinities and what is beyond 3.4e38 are none.
pub(super) fn finite(value: f64, span: Span) -> Res<()> {
    if (value as f32).is_finite() { Ok(()) } else { Err(codes::e0211::not_finite(span).into()) }
}

/// What is computed from constants only must be a number, too: not so `0 / 0` or `1e30 * 1e30`.
pub(super) fn constant_is_finite(result: Interval, args: &[&TExpr], span: Span) -> Res<()> {
    match args.iter().all(|a| a.range().constant().is_some()) {
        true => finite(result.lo().at, span).and_then(|()| finite(result.hi().at, span)),
        false => Ok(()),
    }
}

/// Samples, densities and objectives belong to payoffs: inside a model or guide they would let one example read the data and the others.
pub(super) fn only_in_payoffs(what: &str, is: &str, span: Span, scope: &Scope) -> Res<()> {
    match &scope.model {
        Some(model) => Err(codes::e0212::only_in_payoffs(what, is, span, model).into()),
        None => Ok(()),
    }
}
