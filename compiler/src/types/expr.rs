//! Expressions of sites and payoffs: names, shapes and supports.

use super::consts::{bind, eval};
use super::{Bad, Checker, Res, TExpr, TKind};
use crate::diag::{codes, suggest::did_you_mean};
use crate::event::{EventTy, Kind, Support};
use crate::rows::{self, FnRow};
use crate::span::Span;
use crate::syntax::ast::{Arg, BinOp, Call, Expr, ExprKind, Ident};
use std::collections::BTreeMap;
use std::rc::Rc;

/// What names mean at one place.
#[derive(Clone, Default)]
pub struct Scope {
    /// Local names: sites, conditions, lets, arguments of a `fn`.
    pub vars: BTreeMap<String, TExpr>,
    /// Inside a model or guide of this name: data is visible only through its conditions.
    pub model: Option<String>,
    /// Inside a guide.
    pub guide: bool,
    /// Inside a guide `q[x]`: the data item whose data have free parameters of their own.
    pub each: Option<usize>,
    /// Of the computed sites: whether the value can be the lowest and the highest number of its range itself.
    pub reached: BTreeMap<String, (bool, bool)>,
    /// Depth of `fn` inlining.
    pub depth: usize,
}

impl TExpr {
    /// A rank-0 number.
    pub fn number(value: f64, span: Span) -> TExpr {
        TExpr {
            kind: TKind::Const(value),
            ty: EventTy { kind: Kind::Real(Support::Interval { lo: value, hi: value }), shape: Vec::new() },
            batched: false,
            span,
            origin: None,
        }
    }
    fn real(kind: TKind, shape: Vec<usize>, batched: bool, span: Span) -> TExpr {
        TExpr { kind, ty: EventTy::real(shape), batched, span, origin: None }
    }
    fn support(&self) -> Support {
        self.ty.kind.support()
    }
}

/// Most nodes of all expressions of a spec, functions put in place of their calls.
const MOST_NODES: usize = 1 << 18;

/// What the compiler itself provides in expressions: how it is written, and what it is.
pub const BUILTINS: [(&str, &str, &str); 9] = [
    (
        "nll",
        "nll(p)",
        "Mean negative log-likelihood of the data under a model whose density is exact, in nats.",
    ),
    (
        "elbo",
        "elbo(p, q, beta: 1, free: 0, form: kl)",
        "Mean evidence lower bound of model p with guide q (Kingma & Welling 2014, eq. 3), in nats. `beta` is the factor of the KL, a number or \
         a schedule; `free` are nats of each latent dimension that cost nothing (Kingma et al. 2016, eq. 15); `form` is `kl` or `entropy`.",
    ),
    (
        "iwae",
        "iwae(p, q, k: 1)",
        "Mean importance-weighted bound of model p with k samples of guide q for each example (Burda et al. 2016, eq. 8), in nats.",
    ),
    (
        "kl",
        "kl(q, p)",
        "Mean KL divergence of guide q from the latent sites of model p, in nats: in closed form where one is known.",
    ),
    (
        "gradient_penalty",
        "gradient_penalty(D, u, v)",
        "Mean of (norm of the gradient of D at w - 1)^2, with w at random between u and v (Gulrajani et al. 2017, eq. 3).",
    ),
    ("grad", "grad(f, x)", "Derivative in x of the sum of f; it has the shape of x."),
    (
        "corrupt",
        "corrupt(x, gaussian(0.3))",
        "x with noise, in training and where the answer to corrupted inputs is measured; x itself everywhere else. For inputs of nets and \
         flows only.",
    ),
    (
        "quantize",
        "x = quantize(f(z))",
        "Whole numbers below a continuous value, at a site of a model; training sees x + u with u uniform on (0, 1), so the value is a lower \
         bound (Theis et al. 2016, section 3.1).",
    ),
    (
        "free",
        "free(10)",
        "A parameter of the model or guide in which it stands, of this shape, 0 at first; in a guide `q[x]` one for each datum.",
    ),
];

impl Checker<'_> {
    /// Types an expression.
    pub(crate) fn expr(&mut self, e: &Expr, scope: &Scope) -> Res<TExpr> {
        self.charge(1, e.span)?;
        match &e.kind {
            ExprKind::Number { value, .. } => finite(*value, e.span).map(|()| TExpr::number(*value, e.span)),
            ExprKind::Name(n) => self.var(n, e.span, scope),
            ExprKind::Neg(a) => {
                let a = self.expr(a, scope)?;
                if let Kind::Class(_) = a.ty.kind {
                    return Err(codes::e0211::class_arithmetic(a.span).into());
                }
                let support = match a.support() {
                    Support::Interval { lo, hi } => Support::Interval { lo: -hi, hi: -lo },
                    Support::Simplex => Support::REALS,
                };
                Ok(TExpr {
                    ty: a.ty.with_kind(Kind::Real(support)),
                    batched: a.batched,
                    span: e.span,
                    origin: a.origin,
                    kind: TKind::Neg(Box::new(a)),
                })
            }
            ExprKind::Binary(op, a, b) => {
                let (a, b) = (self.expr(a, scope)?, self.expr(b, scope)?);
                if *op == BinOp::Div && self.is_zero(&b, scope) {
                    return Err(codes::e0211::divides_by_zero(e.span, b.span).into());
                }
                binary(*op, a, b, e.span)
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
            ExprKind::Expect(a) => {
                let a = self.expr(a, scope)?;
                if let (Some(model), true) = (&scope.model, a.batched) {
                    return Err(codes::e0212::mixes("E[..]", e.span, model).into());
                }
                if let Kind::Class(_) = a.ty.kind {
                    return Err(codes::e0211::class_arithmetic(a.span).into());
                }
                let kind = Kind::Real(match a.support() {
                    Support::Simplex => Support::UNIT,
                    s => s,
                });
                Ok(TExpr {
                    ty: EventTy { kind, shape: Vec::new() },
                    batched: false,
                    span: e.span,
                    origin: a.origin,
                    kind: TKind::Expect(Box::new(a)),
                })
            }
            ExprKind::LogProb { model, target, given } => {
                only_in_payoffs(&format!("log {}(..)", model.name), "reads the data", e.span, scope)?;
                self.log_prob(model, target, given, e.span, scope)
            }
            ExprKind::Text(_) => Err(codes::e0211::not_a_number(e.span, "text").into()),
            ExprKind::Tuple(_) | ExprKind::List(_) => {
                Err(codes::e0211::not_a_number(e.span, "several values").into())
            }
            ExprKind::Before(..) => Err(codes::e0602::outside_order(e.span).into()),
            ExprKind::Range(..) => {
                Err(codes::e0211::not_a_number(e.span, "a range; put it into a schedule").into())
            }
            ExprKind::Quantity(..) => Err(codes::e0211::not_a_number(e.span, "a duration").into()),
        }
    }

    /// Counts `n` more nodes against [`MOST_NODES`]; what goes beyond is said once.
    fn charge(&mut self, n: usize, span: Span) -> Res<()> {
        let before = self.nodes;
        self.nodes = before.saturating_add(n);
        match (before > MOST_NODES, self.nodes > MOST_NODES) {
            (true, _) => Err(Bad::Said),
            (false, true) => Err(codes::e0206::too_many_nodes(span, MOST_NODES).into()),
            (false, false) => Ok(()),
        }
    }

    /// Nodes of an expression, the layers of its nets and what its `let`s stand for included.
    fn weight(&self, e: &TExpr) -> usize {
        let mut n = 0usize;
        self.walk(e, &mut |c, x| {
            n = n.saturating_add(1);
            if let TKind::Net { net, .. } = &x.kind {
                n = n.saturating_add(c.typed.nets.get(*net).map_or(0, |t| t.unrolled));
            } else if let TKind::Flow { flow, .. } = &x.kind {
                n = n.saturating_add(c.typed.flows.get(*flow).map_or(0, |t| t.unrolled));
            }
        });
        n
    }

    fn var(&mut self, n: &str, span: Span, scope: &Scope) -> Res<TExpr> {
        if let Some(t) = scope.vars.get(n) {
            // The argument of a `fn` is put in place of each of its names, and passes over a payoff go through its `let`s.
            self.charge(self.weight(t), span)?;
            return Ok(TExpr { span, ..t.clone() });
        }
        if n == "I" {
            return Ok(TExpr::number(1.0, span));
        }
        if let Some(v) = self.consts.get(n) {
            return Ok(TExpr::number(*v as f64, span));
        }
        if let Some((i, p)) = self.typed.params.iter().enumerate().find(|(_, p)| p.name == n) {
            return Ok(TExpr {
                kind: TKind::Param(i),
                ty: p.ty.clone(),
                batched: false,
                span,
                origin: Some(p.span),
            });
        }
        if self.broken.iter().any(|b| b == n) {
            return Err(Bad::Said);
        }
        if let Some(v) = self.data_var(n) {
            return match &scope.model {
                Some(m) => Err(codes::e0212::not_a_condition(n, span, m, v.span).into()),
                None => Ok(TExpr {
                    kind: TKind::Data(n.into()),
                    ty: v.ty.clone(),
                    batched: true,
                    span,
                    origin: Some(v.ty_span),
                }),
            };
        }
        let what = match self.names.get(n) {
            Some((what, at)) => return Err(codes::e0211::not_a_value(n, span, what, *at).into()),
            None => "name",
        };
        let data = self
            .typed
            .data
            .iter()
            .flat_map(|d| &d.vars)
            .filter(|_| scope.model.is_none())
            .map(|v| v.name.as_str());
        let known = scope
            .vars
            .keys()
            .map(String::as_str)
            .chain(data)
            .chain(self.typed.params.iter().map(|p| p.name.as_str()));
        let near = did_you_mean(n, known).map(str::to_string);
        Err(codes::e0200::unknown(what, n, span, near.as_deref()).into())
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

    fn field(&mut self, m: &Ident, s: &Ident, span: Span) -> Res<TExpr> {
        let i = self.model_named(m)?;
        let Some(model) = self.typed.models.get(i) else { return Err(Bad::Said) };
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

    fn log_prob(
        &mut self,
        m: &Ident,
        target: &[Expr],
        given: &[Expr],
        span: Span,
        scope: &Scope,
    ) -> Res<TExpr> {
        let model = self.model_named(m)?;
        let mut values: Vec<(String, TExpr)> = Vec::new();
        let mut targets = Vec::new();
        for (e, is_target) in target.iter().map(|e| (e, true)).chain(given.iter().map(|e| (e, false))) {
            let name = match &e.kind {
                ExprKind::Name(n) => n.clone(),
                ExprKind::Field(_, s) => s.name.clone(),
                _ => return Err(codes::e0212::log_prob_argument(e.span).into()),
            };
            let known = self
                .typed
                .models
                .get(model)
                .is_some_and(|mm| mm.site(&name).is_some() || mm.conds.contains(&name));
            if !known {
                let near: Option<String> = None;
                return Err(codes::e0200::unknown(
                    &format!("site of `{}`", m.name),
                    &name,
                    e.span,
                    near.as_deref(),
                )
                .into());
            }
            if is_target {
                targets.push(name.clone());
            }
            values.push((name, self.expr(e, scope)?));
        }
        if let Some(mm) = self.typed.models.get(model)
            && let Some(site) = mm
                .sites
                .iter()
                .find(|s| targets.contains(&s.name) && matches!(s.kind, super::TSiteKind::Bind(_)))
            && let Some(e) = target.first()
            && !matches!(&mm.density, super::Density::Exact { dequantised: false, .. })
        {
            let (how, change) = super::density::without_density(mm, &self.typed.flows, &site.name);
            let what = "evaluates the density";
            return Err(codes::e0706::no_density(
                &mm.name,
                &site.name,
                e.span,
                site.value_span,
                what,
                (&how, &change),
            )
            .into());
        }
        // Other data sites and conditions have the data's values.
        let fill: Vec<String> = self
            .typed
            .models
            .get(model)
            .map(|mm| {
                mm.conds
                    .iter()
                    .cloned()
                    .chain(mm.sites.iter().filter(|s| s.observed).map(|s| s.name.clone()))
                    .collect()
            })
            .unwrap_or_default();
        for name in fill {
            if !values.iter().any(|(n, _)| *n == name) {
                let v = self.var(&name, span, &Scope::default())?;
                values.push((name, v));
            }
        }
        let missing: Vec<String> = self
            .typed
            .models
            .get(model)
            .map(|mm| {
                super::density::unknown_sites(
                    mm,
                    &self.typed.flows,
                    &values.iter().map(|(n, _)| n.clone()).collect::<Vec<_>>(),
                )
            })
            .unwrap_or_default();
        if let Some(first) = missing.first() {
            return Err(codes::e0212::log_prob_given(&m.name, first, span).into());
        }
        Ok(TExpr::real(TKind::LogProb { model, values, targets }, Vec::new(), true, span))
    }

    fn call(&mut self, c: &Call, span: Span, scope: &Scope) -> Res<TExpr> {
        let name = c.name.name.as_str();
        if self.broken.contains(&c.name.name) {
            return Err(Bad::Said);
        }
        if let Some(i) = self.typed.nets.iter().position(|n| n.name == name) {
            return self.net_call(i, c, span, scope);
        }
        if let Some(i) = self.typed.flows.iter().position(|n| n.name == name) {
            return self.flow_call(i, c, span, scope);
        }
        if self.fns.contains_key(name) {
            return self.fn_call(c, span, scope);
        }
        if let Some(row) = rows::find(rows::map::ROWS, name) {
            return self.map_call(row, c, span, scope);
        }
        if let Some(row) = rows::find(rows::function::ROWS, name) {
            return self.row_call(row, c, span, scope);
        }
        if rows::find(rows::schedule::ROWS, name).is_some() {
            let (i, support) = self.schedule(c)?;
            let ty = EventTy { kind: Kind::Real(support), shape: Vec::new() };
            return Ok(TExpr { kind: TKind::Schedule(i), ty, batched: false, span, origin: None });
        }
        match name {
            "nll" | "elbo" | "iwae" | "kl" => {
                only_in_payoffs(name, "is one number for the whole batch", span, scope)?;
                self.bound_call(c, span, scope)
            }
            "gradient_penalty" => {
                only_in_payoffs(name, "is one number for the whole batch", span, scope)?;
                self.penalty_call(c, span, scope)
            }
            "grad" => {
                only_in_payoffs(name, "is the derivative of a sum over the batch", span, scope)?;
                let [of, at] = self.exactly(c, scope, ["f", "x"])?;
                let ty = at.ty.with_kind(Kind::REAL);
                Ok(TExpr {
                    ty,
                    batched: at.batched,
                    span,
                    origin: None,
                    kind: TKind::Grad { of: Box::new(of), at: Box::new(at) },
                })
            }
            "corrupt" => match &scope.model {
                Some(m) if !scope.guide => Err(codes::e0212::corrupts(span, m).into()),
                Some(_) | None => self.corrupt_call(c, span, scope),
            },
            "free" => self.free_call(c, span, scope),
            "quantize" => Err(codes::e0304::quantize_elsewhere(span).into()),
            _ if rows::find(rows::distribution::ROWS, name).is_some()
                || rows::find(rows::distribution::FORMS, name).is_some() =>
            {
                Err(codes::e0211::distribution(name, span).into())
            }
            _ => {
                let known = rows::map::ROWS
                    .iter()
                    .map(|r| r.name())
                    .chain(rows::function::ROWS.iter().map(|r| r.name()))
                    .chain(self.typed.nets.iter().map(|n| n.name.as_str()))
                    .chain(self.typed.flows.iter().map(|n| n.name.as_str()))
                    .chain(self.fns.keys().map(String::as_str))
                    .chain(BUILTINS.iter().map(|(n, _, _)| *n));
                let near = did_you_mean(name, known).map(str::to_string);
                Err(codes::e0200::unknown("function", name, c.name.span, near.as_deref()).into())
            }
        }
    }

    fn positional(&mut self, c: &Call, scope: &Scope) -> Res<Vec<TExpr>> {
        let mut out = Vec::new();
        for a in &c.args {
            if let Some(k) = &a.key {
                return Err(codes::e0207::unknown_argument(&c.name.name, &k.name, k.span, &[]).into());
            }
            out.push(self.expr(&a.value, scope)?);
        }
        Ok(out)
    }

    fn exactly<const N: usize>(&mut self, c: &Call, scope: &Scope, names: [&str; N]) -> Res<[TExpr; N]> {
        let got = self.positional(c, scope)?;
        let n = got.len();
        got.try_into().map_err(|_| codes::e0207::count(&c.name.name, c.span, n, &names).into())
    }

    /// Inside a model or guide: no net or flow that reads the other examples of a batch, not even when the model is evaluated.
    fn about_one_example(
        &self,
        name: &str,
        calls: &[String],
        declared: Span,
        at: Span,
        scope: &Scope,
    ) -> Res<()> {
        let Some(model) = &scope.model else { return Ok(()) };
        match self.reads_batch(calls) {
            Some(layer) => Err(codes::e0212::mixing_layer(name, layer, at, declared, model).into()),
            None => Ok(()),
        }
    }

    /// The layer that reads other examples, among what a body calls and what that calls in turn.
    fn reads_batch(&self, calls: &[String]) -> Option<&'static str> {
        calls.iter().find_map(|n| {
            let layer = rows::find(rows::layer::ROWS, n).filter(|r| r.reads_batch()).map(|r| r.name());
            let net =
                || self.typed.nets.iter().find(|t| t.name == *n).and_then(|t| self.reads_batch(&t.calls));
            let flow =
                || self.typed.flows.iter().find(|t| t.name == *n).and_then(|t| self.reads_batch(&t.calls));
            layer.or_else(net).or_else(flow)
        })
    }

    fn net_call(&mut self, i: usize, c: &Call, span: Span, scope: &Scope) -> Res<TExpr> {
        let args = self.positional(c, scope)?;
        let Some(net) = self.typed.nets.get(i) else { return Err(Bad::Said) };
        self.about_one_example(&net.name, &net.calls, net.span, c.span, scope)?;
        check_inputs(&net.name, &args, net.inputs.iter().map(|(n, t, s)| (n.as_str(), t, *s)), c.span)?;
        let [out] = net.outs.as_slice() else {
            return Err(codes::e0201::several_outputs(&net.name, c.span, net.outs.len(), net.span).into());
        };
        Ok(TExpr {
            ty: out.clone(),
            batched: args.iter().any(|a| a.batched),
            span,
            origin: Some(net.out_span),
            kind: TKind::Net { net: i, args, output: 0 },
        })
    }

    /// A net of several outputs, one expression for each.
    pub(crate) fn net_outputs(&mut self, c: &Call, scope: &Scope) -> Res<Option<Vec<TExpr>>> {
        let Some(i) = self.typed.nets.iter().position(|n| n.name == c.name.name) else { return Ok(None) };
        let args = self.positional(c, scope)?;
        let Some(net) = self.typed.nets.get(i) else { return Err(Bad::Said) };
        self.about_one_example(&net.name, &net.calls, net.span, c.span, scope)?;
        check_inputs(&net.name, &args, net.inputs.iter().map(|(n, t, s)| (n.as_str(), t, *s)), c.span)?;
        let batched = args.iter().any(|a| a.batched);
        let one = |(output, ty): (usize, &EventTy)| TExpr {
            ty: ty.clone(),
            batched,
            span: c.span,
            origin: Some(net.out_span),
            kind: TKind::Net { net: i, args: args.clone(), output },
        };
        Ok(Some(net.outs.iter().enumerate().map(one).collect()))
    }

    fn flow_call(&mut self, i: usize, c: &Call, span: Span, scope: &Scope) -> Res<TExpr> {
        let args = self.positional(c, scope)?;
        let Some(flow) = self.typed.flows.get(i) else { return Err(Bad::Said) };
        self.about_one_example(&flow.name, &flow.calls, flow.span, c.span, scope)?;
        let params = std::iter::once(("its argument", &flow.from, flow.span))
            .chain(flow.given.iter().map(|(n, t)| (n.as_str(), t, flow.span)));
        check_inputs(&flow.name, &args, params, c.span)?;
        let (first, given) = args.split_first().ok_or(Bad::Said)?;
        Ok(TExpr {
            ty: flow.to.clone(),
            batched: args.iter().any(|a| a.batched),
            span,
            origin: Some(flow.span),
            kind: TKind::Flow { flow: i, arg: Box::new(first.clone()), given: given.to_vec() },
        })
    }

    fn map_call(
        &mut self,
        row: &'static dyn rows::MapRow,
        c: &Call,
        span: Span,
        scope: &Scope,
    ) -> Res<TExpr> {
        let Some((first, rest)) = c.args.split_first() else {
            return Err(codes::e0207::count(row.name(), c.span, 0, &["x"]).into());
        };
        let x = self.expr(&first.value, scope)?;
        let call = Call { args: rest.to_vec(), ..c.clone() };
        let args = bind(&self.consts, row.params(), &call)?;
        if let Kind::Class(_) = x.ty.kind {
            return Err(codes::e0211::class_arithmetic(x.span).into());
        }
        if !x.support().inside(row.from()) {
            return Err(codes::e0302::function(
                row.name(),
                first.value.span,
                row.from(),
                x.support(),
                x.origin,
            )
            .into());
        }
        if super::zero::infinite_at_zero(row, &args) && self.reaches_zero(&x, scope) {
            return Err(codes::e0302::at_zero(row.name(), first.value.span, x.origin).into());
        }
        let ty = x.ty.with_kind(Kind::Real(row.image(&args, x.support())));
        constant_is_finite(ty.kind.support(), &[&x], span)?;
        Ok(TExpr {
            ty,
            batched: x.batched,
            span,
            origin: Some(span),
            kind: TKind::Map { row, args: Rc::new(args), arg: Box::new(x) },
        })
    }

    fn row_call(&mut self, row: &'static dyn FnRow, c: &Call, span: Span, scope: &Scope) -> Res<TExpr> {
        let args = self.positional(c, scope)?;
        let (least, most) = row.arity();
        if args.len() < least || args.len() > most {
            return Err(codes::e0207::arity(row.name(), c.span, args.len(), least, most).into());
        }
        if let (true, Some(model)) = (row.mixes_batch(), &scope.model) {
            return Err(codes::e0212::mixes(row.name(), c.span, model).into());
        }
        if let Some((_, a)) = args.iter().enumerate().find(|(i, a)| row.shared(*i) && a.batched) {
            return Err(codes::e0201::function(
                row.name(),
                a.span,
                "differs from example to example, and must be one table for all: a `param`",
            )
            .into());
        }
        let tys: Vec<EventTy> = args.iter().map(|a| seen(&a.ty)).collect();
        let ty = row.check(&tys).map_err(|(i, why)| {
            let at = args.get(i).map_or(c.span, |a| a.span);
            Bad::from(codes::e0201::function(row.name(), at, &why))
        })?;
        Ok(TExpr {
            ty,
            batched: args.iter().any(|a| a.batched),
            span,
            origin: Some(span),
            kind: TKind::Fn { row, args },
        })
    }

    fn fn_call(&mut self, c: &Call, span: Span, scope: &Scope) -> Res<TExpr> {
        let Some(f) = self.fns.get(&c.name.name).cloned() else { return Err(Bad::Said) };
        if scope.depth > 32 {
            return Err(codes::e0213::recursive(&f.name.name, c.span, f.name.span).into());
        }
        let mut vars = BTreeMap::new();
        let mut next = 0;
        for Arg { key, value } in &c.args {
            let param = match key {
                Some(k) => f.params.iter().find(|(p, _)| p.name == k.name).ok_or_else(|| {
                    let names: Vec<&str> = f.params.iter().map(|(p, _)| p.name.as_str()).collect();
                    Bad::from(codes::e0207::unknown_argument(&f.name.name, &k.name, k.span, &names))
                })?,
                None => {
                    next += 1;
                    f.params.get(next - 1).ok_or_else(|| {
                        Bad::from(codes::e0207::too_many(&f.name.name, f.params.len(), value.span))
                    })?
                }
            };
            let v = self.expr(value, scope)?;
            if vars.insert(param.0.name.clone(), v).is_some() {
                return Err(codes::e0207::twice(&f.name.name, &param.0.name, value.span).into());
            }
        }
        for (p, default) in &f.params {
            if !vars.contains_key(&p.name) {
                let Some(d) = default else {
                    return Err(codes::e0207::missing(
                        &f.name.name,
                        &p.name,
                        "an argument of this function",
                        c.span,
                    )
                    .into());
                };
                // A default sees no names of the place that calls, and data only where that place does.
                let v =
                    self.expr(d, &Scope { vars: BTreeMap::new(), depth: scope.depth + 1, ..scope.clone() })?;
                vars.insert(p.name.clone(), v);
            }
        }
        let inner = Scope { vars, depth: scope.depth + 1, ..scope.clone() };
        // An error inside the body is shown at the call, with the body as its cause.
        let t = self.expr(&f.body, &inner).map_err(|bad| match bad {
            Bad::Diag(d) if d.primary.span.file != c.span.file || !covers(c.span, d.primary.span) => {
                let mut d = *d;
                let inside = std::mem::replace(
                    &mut d.primary,
                    crate::diag::Label { span: c.span, text: format!("in this call of `{}`", f.name.name) },
                );
                if !d.secondary.contains(&inside) {
                    d.secondary.push(inside);
                }
                Bad::Diag(Box::new(d))
            }
            other => other,
        })?;
        Ok(TExpr { span, ..t })
    }

    fn bound_call(&mut self, c: &Call, span: Span, scope: &Scope) -> Res<TExpr> {
        let mut models = Vec::new();
        let mut beta = TExpr::number(1.0, c.span);
        let (mut k, mut free, mut entropy) = (1usize, 0.0, false);
        let allowed: &[&str] = match c.name.name.as_str() {
            "elbo" => &["beta", "free", "form"],
            "iwae" => &["k"],
            _ => &[],
        };
        for a in &c.args {
            match (&a.key, &a.value.kind) {
                (Some(key), _) if key.name == "beta" && allowed.contains(&"beta") => {
                    beta = self.expr(&a.value, scope)?
                }
                (Some(key), _) if key.name == "free" && allowed.contains(&"free") => {
                    free = self
                        .constant(&a.value, "free", "a number of at least 0", |x| (0.0..1e6).contains(&x))?;
                }
                (Some(key), ExprKind::Name(n))
                    if key.name == "form"
                        && allowed.contains(&"form")
                        && ["kl", "entropy"].contains(&n.as_str()) =>
                {
                    entropy = n == "entropy";
                }
                (Some(key), _) if key.name == "form" && allowed.contains(&"form") => {
                    return Err(codes::e0205::wrong_kind(
                        "elbo",
                        "form",
                        a.value.span,
                        "this",
                        "`kl` or `entropy`",
                    )
                    .into());
                }
                (Some(key), _) if key.name == "k" && allowed.contains(&"k") => {
                    k = super::consts::size(&self.consts, &a.value, 1)?
                }
                (Some(key), _) => {
                    return Err(
                        codes::e0207::unknown_argument(&c.name.name, &key.name, key.span, allowed).into()
                    );
                }
                (None, ExprKind::Name(n)) => {
                    let id = Ident { name: n.clone(), span: a.value.span };
                    models.push((self.model_named(&id)?, a.value.span));
                }
                (None, _) => return Err(codes::e0212::model_expected(a.value.span).into()),
            }
        }
        let want: &[&str] = match c.name.name.as_str() {
            "nll" => &["the model"],
            "kl" => &["the guide", "the model"],
            _ => &["the model", "the guide"],
        };
        if models.len() != want.len() {
            return Err(codes::e0207::count(&c.name.name, c.span, models.len(), want).into());
        }
        let at = |i: usize| models.get(i).copied().unwrap_or((0, span));
        let kind = match c.name.name.as_str() {
            "nll" => {
                self.wants_exact(at(0).0, c.span)?;
                TKind::Nll(at(0).0)
            }
            "kl" => {
                self.wants_guide(at(1).0, at(0).0, c.span)?;
                TKind::Kl { q: at(0).0, p: at(1).0 }
            }
            "elbo" => {
                self.wants_guide(at(0).0, at(1).0, c.span)?;
                if !beta.ty.shape.is_empty() || beta.batched {
                    return Err(codes::e0211::not_one_number(beta.span, &beta.ty.shape_text()).into());
                }
                let negative = match (&beta.kind, beta.support()) {
                    (TKind::Schedule(i), _) => self.schedule_leaves(*i, 0.0, f64::INFINITY),
                    (_, Support::Interval { hi, .. }) => hi < 0.0,
                    (_, Support::Simplex) => false,
                };
                if negative {
                    let want = "a number of at least 0, or a schedule of such numbers";
                    return Err(codes::e0205::wrong_kind("elbo", "beta", beta.span, "this", want).into());
                }
                TKind::Elbo { p: at(0).0, q: at(1).0, beta: Box::new(beta), free, entropy }
            }
            _ => {
                self.wants_guide(at(0).0, at(1).0, c.span)?;
                if let (Some(m), Some(g)) = (self.typed.models.get(at(0).0), self.typed.models.get(at(1).0))
                    && let Some(s) =
                        g.sites.iter().find(|s| m.proposed(s).is_some() && super::guide::relaxed(s))
                {
                    return Err(codes::e0303::relaxed_weight(&s.name, s.value_span, c.span).into());
                }
                TKind::Iwae { p: at(0).0, q: at(1).0, k }
            }
        };
        Ok(TExpr::real(kind, Vec::new(), false, span))
    }

    fn penalty_call(&mut self, c: &Call, span: Span, scope: &Scope) -> Res<TExpr> {
        let [net_arg, u, v] = c.args.as_slice() else {
            return Err(codes::e0207::count(
                "gradient_penalty",
                c.span,
                c.args.len(),
                &["the critic", "u", "v"],
            )
            .into());
        };
        let ExprKind::Name(n) = &net_arg.value.kind else {
            return Err(codes::e0705::no_critic(net_arg.value.span).into());
        };
        let Some(net) = self.typed.nets.iter().position(|t| t.name == *n) else {
            let near = did_you_mean(n, self.typed.nets.iter().map(|t| t.name.as_str())).map(str::to_string);
            return Err(codes::e0200::unknown("net", n, net_arg.value.span, near.as_deref()).into());
        };
        let (u, v) = (self.expr(&u.value, scope)?, self.expr(&v.value, scope)?);
        let Some(critic) = self.typed.nets.get(net) else { return Err(Bad::Said) };
        if let Some(layer) = critic.mixes_batch() {
            return Err(codes::e0705::mixes(n, net_arg.value.span, layer).into());
        }
        for w in [&u, &v] {
            check_inputs(
                n,
                std::slice::from_ref(w),
                critic.inputs.iter().take(1).map(|(n, t, s)| (n.as_str(), t, *s)),
                w.span,
            )?;
        }
        Ok(TExpr::real(
            TKind::GradientPenalty { net, u: Box::new(u), v: Box::new(v) },
            Vec::new(),
            false,
            span,
        ))
    }

    fn corrupt_call(&mut self, c: &Call, span: Span, scope: &Scope) -> Res<TExpr> {
        let [x, how] = c.args.as_slice() else {
            return Err(codes::e0207::count(
                "corrupt",
                c.span,
                c.args.len(),
                &["x", "a corruption such as `gaussian(0.3)`"],
            )
            .into());
        };
        let arg = self.expr(&x.value, scope)?;
        let ExprKind::Call(h) = &how.value.kind else {
            return Err(codes::e0205::wrong_kind(
                "corrupt",
                "how",
                how.value.span,
                "this",
                &rows::corruption::offers(),
            )
            .into());
        };
        let row = rows::find(rows::corruption::ROWS, &h.name.name).ok_or_else(|| {
            let near = did_you_mean(&h.name.name, rows::corruption::ROWS.iter().map(|r| r.name()))
                .map(str::to_string);
            Bad::from(codes::e0200::unknown("corruption", &h.name.name, h.name.span, near.as_deref()))
        })?;
        if let Kind::Class(_) = arg.ty.kind {
            return Err(codes::e0211::class_arithmetic(arg.span).into());
        }
        // An argument of the `fn` around it is as good as the number that was given for it.
        let mut h = h.clone();
        for a in &mut h.args {
            if let ExprKind::Name(n) = &a.value.kind
                && let Some(Support::Interval { lo: value, hi }) = scope.vars.get(n).map(TExpr::support)
                && value == hi
            {
                let size = Expr {
                    kind: ExprKind::Number { value: value.abs(), integer: false },
                    span: a.value.span,
                };
                a.value.kind = if value < 0.0 { ExprKind::Neg(Box::new(size)) } else { size.kind };
            }
        }
        let (args, schedules) = self.scheduled_args(row.params(), &h)?;
        Ok(TExpr {
            ty: arg.ty.with_kind(row.kind(arg.ty.kind)),
            batched: arg.batched,
            span,
            origin: arg.origin,
            kind: TKind::Corrupt { arg: Box::new(arg), row, args: Rc::new(args), schedules },
        })
    }

    /// `free(10)`: a parameter of the model itself, without a name of its own; real, 0 at the start. In a guide `q[x]` each datum has its own.
    fn free_call(&mut self, c: &Call, span: Span, scope: &Scope) -> Res<TExpr> {
        let Some(model) = &scope.model else {
            return Err(codes::e0211::free_outside(span).into());
        };
        let values: Vec<Expr> = c.args.iter().map(|a| a.value.clone()).collect();
        let shape = self.dims(&values)?;
        let number =
            self.typed.params.iter().filter(|p| p.name.starts_with(&format!("{model}.free"))).count();
        let ty = EventTy::real(shape);
        let i = self.typed.params.len();
        self.typed.params.push(super::TParam {
            name: format!("{model}.free{number}"),
            ty: ty.clone(),
            init: 0.0,
            drawn: None,
            each: scope.each,
            span,
        });
        Ok(TExpr { kind: TKind::Param(i), ty, batched: scope.each.is_some(), span, origin: Some(span) })
    }

    /// A constant number.
    pub(crate) fn constant(&self, e: &Expr, what: &str, want: &str, ok: impl Fn(f64) -> bool) -> Res<f64> {
        let v = eval(&self.consts, e)?;
        match v.num() {
            Some(x) if ok(x) => Ok(x),
            Some(_) | None => {
                Err(codes::e0205::wrong_kind("train", what, e.span, &v.to_string(), want).into())
            }
        }
    }
}

fn covers(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end
}

/// The type in which a function row sees an argument: everything is a real number, classes one-hot.
fn seen(t: &EventTy) -> EventTy {
    match t.kind {
        Kind::Class(n) => EventTy::real(vec![t.size() * n]),
        Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) => t.with_kind(Kind::Real(t.kind.support())),
    }
}

fn check_inputs<'a>(
    name: &str,
    args: &[TExpr],
    params: impl Iterator<Item = (&'a str, &'a EventTy, Span)>,
    at: Span,
) -> Res<()> {
    let params: Vec<_> = params.collect();
    if params.len() != args.len() {
        let names: Vec<&str> = params.iter().map(|p| p.0).collect();
        return Err(codes::e0207::count(name, at, args.len(), &names).into());
    }
    for (a, (input, want, decl)) in args.iter().zip(params) {
        if a.ty.shape != want.shape {
            return Err(codes::e0201::argument(
                name,
                input,
                a.span,
                &a.ty.shape_text(),
                decl,
                &want.shape_text(),
                var_name(a),
            )
            .into());
        }
        // A net that takes real numbers would compute with the number of a class.
        let label = matches!((a.ty.kind, want.kind), (Kind::Class(_), Kind::Real(_)));
        if label || !a.ty.kind.inside(want.kind) {
            return Err(codes::e0302::argument(name, a.span, &a.ty, decl, want).into());
        }
    }
    Ok(())
}

/// The variable an expression is, for messages that suggest changing its declaration.
fn var_name(a: &TExpr) -> Option<&str> {
    match &a.kind {
        TKind::Var(n) | TKind::Data(n) => Some(n),
        _ => None,
    }
}

fn binary(op: BinOp, a: TExpr, b: TExpr, span: Span) -> Res<TExpr> {
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
    if op == BinOp::Pow && !whole(b.support()) && super::zero::lowest(&a) < 0.0 {
        return Err(codes::e0302::power(a.span, a.support(), a.origin, b.span).into());
    }
    let support = arithmetic(op, a.support(), b.support());
    constant_is_finite(support, &[&a, &b], span)?;
    let batched = a.batched || b.batched;
    let origin = a.origin.or(b.origin);
    Ok(TExpr {
        ty: EventTy { kind: Kind::Real(support), shape },
        batched,
        span,
        origin,
        kind: TKind::Binary(op, Box::new(a), Box::new(b)),
    })
}

/// Whether a range is one whole number.
fn whole(s: Support) -> bool {
    matches!(s, Support::Interval { lo, hi } if lo == hi && lo.fract() == 0.0)
}

/// A number that 32 bits can hold: infinities and what is beyond 3.4e38 are none.
fn finite(value: f64, span: Span) -> Res<()> {
    if (value as f32).is_finite() { Ok(()) } else { Err(codes::e0211::not_finite(span).into()) }
}

/// What is computed from constants only must be a number, too: not so `0 / 0` or `1e30 * 1e30`.
fn constant_is_finite(result: Support, args: &[&TExpr], span: Span) -> Res<()> {
    let constant = |s: Support| match s {
        Support::Interval { lo, hi } => lo == hi,
        Support::Simplex => false,
    };
    match result {
        Support::Interval { lo, hi } if args.iter().all(|a| constant(a.support())) => {
            finite(lo, span).and_then(|()| finite(hi, span))
        }
        Support::Interval { .. } | Support::Simplex => Ok(()),
    }
}

/// Samples, densities and objectives belong to payoffs: inside a model or guide they would let one example read the data and the others.
fn only_in_payoffs(what: &str, is: &str, span: Span, scope: &Scope) -> Res<()> {
    match &scope.model {
        Some(model) => Err(codes::e0212::only_in_payoffs(what, is, span, model).into()),
        None => Ok(()),
    }
}

/// Interval arithmetic.
fn arithmetic(op: BinOp, a: Support, b: Support) -> Support {
    let (Support::Interval { lo: a0, hi: a1 }, Support::Interval { lo: b0, hi: b1 }) = (a, b) else {
        return Support::REALS;
    };
    let corners = |f: fn(f64, f64) -> f64| {
        let all = [f(a0, b0), f(a0, b1), f(a1, b0), f(a1, b1)].map(|x| if x.is_nan() { 0.0 } else { x });
        (
            all.iter().copied().fold(f64::INFINITY, f64::min),
            all.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        )
    };
    let (lo, hi) = match op {
        BinOp::Add => (a0 + b0, a1 + b1),
        BinOp::Sub => (a0 - b1, a1 - b0),
        BinOp::Mul => corners(|x, y| x * y),
        BinOp::Div if b0 > 0.0 || b1 < 0.0 => corners(|x, y| x / y),
        BinOp::Div if b0 == 0.0 && a0 >= 0.0 => (0.0, f64::INFINITY),
        BinOp::Div => (f64::NEG_INFINITY, f64::INFINITY),
        BinOp::Pow if b0 == b1 && b0 == 2.0 => {
            let least = if a0 <= 0.0 && a1 >= 0.0 { 0.0 } else { a0.abs().min(a1.abs()).powi(2) };
            (least, a0.abs().max(a1.abs()).powi(2))
        }
        BinOp::Pow if b0 == b1 && b0 % 2.0 == 0.0 => (0.0, f64::INFINITY),
        BinOp::Pow if a0 >= 0.0 => (0.0, f64::INFINITY),
        BinOp::Pow => (f64::NEG_INFINITY, f64::INFINITY),
    };
    Support::Interval { lo, hi }
}
