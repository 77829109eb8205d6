//! Calls in expressions: nets, flows, maps, functions; objectives stand in a file of their own.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one form of expression is asked for; all others are alike"
)]

use super::consts::bind;
use super::scope::Scope;
use super::{Bad, Checker, Res, TExpr, TKind};
use crate::diag::{codes, suggest::did_you_mean};
use crate::event::{EventTy, Kind};
use crate::rows::builtin::Builtin;
use crate::rows::layer::ReadsBatch;
use crate::rows::{self, FnRow};
use crate::span::Span;
use crate::syntax::ast::{Arg, Call, Expr, ExprKind, FnItem};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::expr::*;

/// Most `fn`s whose bodies stand in each other.
const MOST_CALLS: usize = 33;

impl Checker<'_> {
    pub(super) fn call(&mut self, c: &Call, span: Span, scope: &Scope) -> Res<TExpr> {
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
        if let Some(row) = rows::find(rows::objective::ROWS, name) {
            return self.objective_call(row, c, span, scope);
        }
        if let Some(row) = rows::find(rows::builtin::ROWS, name) {
            return self.builtin_call(row.which(), c, span, scope);
        }
        if rows::find(rows::distribution::ROWS, name).is_some()
            || rows::find(rows::distribution::FORMS, name).is_some()
        {
            return Err(codes::e0211::distribution(name, span).into());
        }
        let known = rows::map::ROWS
            .iter()
            .map(|r| r.name())
            .chain(rows::function::ROWS.iter().map(|r| r.name()))
            .chain(self.typed.nets.iter().map(|n| n.name.as_str()))
            .chain(self.typed.flows.iter().map(|n| n.name.as_str()))
            .chain(self.fns.keys().map(String::as_str))
            .chain(rows::objective::ROWS.iter().map(|r| r.name()))
            .chain(rows::builtin::ROWS.iter().map(|r| r.name()));
        let near = did_you_mean(name, known).map(str::to_string);
        Err(codes::e0200::unknown("function", name, c.name.span, near.as_deref()).into())
    }

    fn builtin_call(&mut self, which: Builtin, c: &Call, span: Span, scope: &Scope) -> Res<TExpr> {
        match which {
            Builtin::Grad => {
                only_in_payoffs(&c.name.name, "is the derivative of a sum over the batch", span, scope)?;
                let scope = &scope.of_one("grad");
                let [of, at] = self.exactly(c, scope, ["f", "x"])?;
                self.differentiated(&at)?;
                let ty = at.ty.with_kind(Kind::REAL);
                Ok(TExpr {
                    ty,
                    batched: at.batched,
                    span,
                    origin: None,
                    kind: TKind::Grad { of: Box::new(of), at: Box::new(at) },
                })
            }
            Builtin::Corrupt => match &scope.model {
                Some(m) if !scope.guide => Err(codes::e0212::corrupts(span, m).into()),
                Some(_) | None => self.corrupt_call(c, span, scope),
            },
            Builtin::Free => self.free_call(c, span, scope),
            Builtin::Average => self.kept_call(&rows::builtin::Average, c, span, scope),
            Builtin::Replay => self.kept_call(&rows::builtin::Replay, c, span, scope),
            Builtin::Quantize => Err(codes::e0304::quantize_elsewhere(span).into()),
        }
    }

    /// Keeps an expression in which something is differentiated, so that it is one value wherever it is written.
    fn differentiated(&mut self, at: &TExpr) -> Res<()> {
        if let Kind::Class(_) = at.ty.kind {
            return Err(codes::e0211::class_arithmetic(at.span).into());
        }
        let mut varies = false;
        self.walk(at, &mut |_, e| {
            varies |= !matches!(e.kind, TKind::Const(_) | TKind::Let(_) | TKind::Neg(_))
        });
        if !varies {
            return Err(codes::e0708::of_number(&super::text::plain(&self.typed, at), at.span).into());
        }
        if !self.typed.train.differentiated.iter().any(|d| self.typed.same(d, at)) {
            self.typed.train.differentiated.push(at.clone());
        }
        Ok(())
    }

    pub(super) fn positional(&mut self, c: &Call, scope: &Scope) -> Res<Vec<TExpr>> {
        let mut out = Vec::new();
        for a in &c.args {
            if let Some(k) = &a.key {
                return Err(codes::e0207::unknown_argument(&c.name.name, &k.name, k.span, &[]).into());
            }
            out.push(self.expr(&a.value, scope)?);
        }
        Ok(out)
    }

    pub(super) fn exactly<const N: usize>(
        &mut self,
        c: &Call,
        scope: &Scope,
        names: [&str; N],
    ) -> Res<[TExpr; N]> {
        let got = self.positional(c, scope)?;
        let n = got.len();
        got.try_into().map_err(|_| codes::e0207::count(&c.name.name, c.span, n, &names).into())
    }

    /// Inside a model or guide: no net or flow that reads the other examples of a batch, not even when the model is evaluated.
    pub(super) fn about_one_example(
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
    pub(super) fn reads_batch(&self, calls: &[String]) -> Option<&'static str> {
        self.typed.reads_batch(calls, ReadsBatch::Always)
    }

    /// The arguments of a call of a net, which fit its inputs.
    fn net_args(&mut self, i: usize, c: &Call, scope: &Scope) -> Res<Vec<TExpr>> {
        let args = self.positional(c, scope)?;
        let net = self.typed.net(i);
        self.about_one_example(&net.name, &net.calls, net.span, c.span, scope)?;
        check_inputs(
            &net.name,
            &args,
            net.inputs.iter().map(|(n, t, s)| (n.as_str(), t, *s)),
            net.at_ends.is_some(),
            c.span,
        )?;
        Ok(args)
    }

    pub(super) fn net_call(&mut self, i: usize, c: &Call, span: Span, scope: &Scope) -> Res<TExpr> {
        let args = self.net_args(i, c, scope)?;
        let net = self.typed.net(i);
        let [out] = net.outs_of(&args) else {
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
        let args = self.net_args(i, c, scope)?;
        let net = self.typed.net(i);
        let batched = args.iter().any(|a| a.batched);
        let one = |(output, ty): (usize, &EventTy)| TExpr {
            ty: ty.clone(),
            batched,
            span: c.span,
            origin: Some(net.out_span),
            kind: TKind::Net { net: i, args: args.clone(), output },
        };
        Ok(Some(net.outs_of(&args).iter().enumerate().map(one).collect()))
    }

    pub(super) fn flow_call(&mut self, i: usize, c: &Call, span: Span, scope: &Scope) -> Res<TExpr> {
        let args = self.positional(c, scope)?;
        let flow = self.typed.flow(i);
        self.about_one_example(&flow.name, &flow.calls, flow.span, c.span, scope)?;
        let params = std::iter::once(("its argument", &flow.from, flow.span))
            .chain(flow.given.iter().map(|(n, t)| (n.as_str(), t, flow.span)));
        check_inputs(&flow.name, &args, params, false, c.span)?;
        let (first, given) = args.split_first().ok_or(Bad::Said)?;
        Ok(TExpr {
            ty: flow.to.clone(),
            batched: args.iter().any(|a| a.batched),
            span,
            origin: Some(flow.span),
            kind: TKind::Flow { flow: i, arg: Box::new(first.clone()), given: given.to_vec() },
        })
    }

    pub(super) fn map_call(
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
        let domain = row.domain(&args);
        if !x.support().inside(domain) {
            return Err(
                codes::e0302::function(row.name(), first.value.span, domain, x.support(), x.origin).into()
            );
        }
        let ty = x.ty.with_kind(Kind::Real(row.image(&args, x.support())));
        constant_is_finite(ty.kind.support().interval(), &[&x], span)?;
        Ok(TExpr {
            ty,
            batched: x.batched,
            span,
            origin: Some(span),
            kind: TKind::Map { row, args: Rc::new(args), arg: Box::new(x) },
        })
    }

    pub(super) fn row_call(
        &mut self,
        row: &'static dyn FnRow,
        c: &Call,
        span: Span,
        scope: &Scope,
    ) -> Res<TExpr> {
        let scope = &if row.mixes_batch() { scope.of_one(row.name()) } else { scope.clone() };
        let args = match row.of_missing() {
            true => self.with_holes(row, c, scope)?,
            false => self.positional(c, scope)?,
        };
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
        // What reduces an event leaves one number as it is.
        if let ([one], true) = (args.as_slice(), row.reduces())
            && let (true, Kind::Real(_)) = (one.ty.shape.is_empty(), one.ty.kind)
        {
            return Ok(TExpr { span, ..one.clone() });
        }
        Ok(TExpr {
            ty,
            batched: args.iter().any(|a| a.batched),
            span,
            origin: Some(span),
            kind: TKind::Fn { row, args },
        })
    }

    /// The arguments of a function whose first is a variable with missing cells.
    fn with_holes(&mut self, row: &'static dyn FnRow, c: &Call, scope: &Scope) -> Res<Vec<TExpr>> {
        let Some((first, rest)) = c.args.split_first() else { return Ok(Vec::new()) };
        let before = std::mem::replace(&mut self.holes, true);
        let x = self.expr(&first.value, scope);
        self.holes = before;
        let x = x?;
        let name = match &x.kind {
            TKind::Data(n) | TKind::Var(n) => self.data_var(n).filter(|v| v.cells.missing),
            _ => None,
        };
        if name.is_none() {
            return Err(codes::e0225::no_holes(row.name(), x.span).into());
        }
        let call = Call { args: rest.to_vec(), ..c.clone() };
        let mut all = vec![x];
        all.extend(self.positional(&call, scope)?);
        Ok(all)
    }

    pub(super) fn fn_call(&mut self, c: &Call, span: Span, scope: &Scope) -> Res<TExpr> {
        let Some(f) = self.fns.get(&c.name.name).cloned() else { return Err(Bad::Said) };
        if scope.calls.contains(&f.name.name) {
            return Err(codes::e0213::recursive(&f.name.name, c.span, f.name.span).into());
        }
        if scope.calls.len() >= MOST_CALLS {
            return Err(codes::e0206::too_deep(&f.name.name, c.span, MOST_CALLS).into());
        }
        let calls: Vec<String> = scope.calls.iter().chain([&f.name.name]).cloned().collect();
        let vars = self.fn_args(&f, c, scope, &calls)?;
        let inner = Scope { vars, calls, ..scope.clone() };
        // An error inside the body is shown at the call, with the body as its cause.
        let body = self.in_calls(&f.body, &inner);
        let t = body.and_then(|b| self.expr(&b, &inner)).map_err(|bad| match bad {
            Bad::Diag(mut d) if d.primary.span.file != c.span.file || !covers(c.span, d.primary.span) => {
                let inside = std::mem::replace(
                    &mut d.primary,
                    crate::diag::Label { span: c.span, text: format!("in this call of `{}`", f.name.name) },
                );
                if !d.secondary.contains(&inside) {
                    d.secondary.push(inside);
                }
                Bad::Diag(d)
            }
            other => other,
        })?;
        Ok(TExpr { span, ..t })
    }

    /// What the parameters of a `fn` stand for in a call, inside of the calls `calls`.
    fn fn_args(
        &mut self,
        f: &FnItem,
        c: &Call,
        scope: &Scope,
        calls: &[String],
    ) -> Res<BTreeMap<String, TExpr>> {
        let name = &f.name.name;
        let mut vars = BTreeMap::new();
        let mut positional = f.params.iter();
        for Arg { key, value } in &c.args {
            let (param, _) = match key {
                Some(k) => f.params.iter().find(|(p, _)| p.name == k.name).ok_or_else(|| {
                    let names: Vec<&str> = f.params.iter().map(|(p, _)| p.name.as_str()).collect();
                    Bad::from(codes::e0207::unknown_argument(name, &k.name, k.span, &names))
                })?,
                None => positional
                    .next()
                    .ok_or_else(|| Bad::from(codes::e0207::too_many(name, f.params.len(), value.span)))?,
            };
            let v = self.expr(value, scope)?;
            if vars.insert(param.name.clone(), v).is_some() {
                return Err(codes::e0207::twice(name, &param.name, value.span).into());
            }
        }
        for (p, default) in f.params.iter().filter(|(p, _)| !vars.contains_key(&p.name)).collect::<Vec<_>>() {
            let Some(d) = default else {
                let what = "an argument of this function";
                return Err(codes::e0207::missing(name, &p.name, what, c.span).into());
            };
            // A default sees no names of the place that calls, and data only where that place does.
            let outside = Scope { vars: BTreeMap::new(), calls: calls.to_vec(), ..scope.clone() };
            let v = self.expr(d, &outside)?;
            vars.insert(p.name.clone(), v);
        }
        Ok(vars)
    }

    pub(super) fn corrupt_call(&mut self, c: &Call, span: Span, scope: &Scope) -> Res<TExpr> {
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
            Bad::from(codes::e0200::unknown_row(
                "corruption",
                &h.name.name,
                h.name.span,
                near.as_deref(),
                &format!("use {}", rows::corruption::offers()),
            ))
        })?;
        if let Kind::Class(_) = arg.ty.kind {
            return Err(codes::e0211::class_arithmetic(arg.span).into());
        }
        // An argument of the `fn` around it is as good as the number that was given for it.
        let mut h = h.clone();
        for a in &mut h.args {
            if let ExprKind::Name(n) = &a.value.kind
                && let Some(value) = scope.vars.get(n).and_then(|v| v.support().interval().constant())
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
    pub(super) fn free_call(&mut self, c: &Call, span: Span, scope: &Scope) -> Res<TExpr> {
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
}
