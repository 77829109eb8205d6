//! Objectives that are written as mathematics, put into the calls that mean the same: `E_q[log p(x | z)] - KL(q(z | x) || p(z))` is
//! `elbo(p, q)`. It is done on the syntax tree, sum by sum, before anything is typed, so that one meaning has one program.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one form of expression is asked for; all others are alike"
)]

use super::scope::Scope;
use super::{Bad, Checker, Res, TModel, TSiteKind};
use super::{Density as Kind, bound_of};
use crate::diag::{codes, suggest::did_you_mean};
use crate::span::Span;
use crate::syntax::ast::{Arg, BinOp, Call, Density, Expr, ExprKind, Ident, Written};

/// One summand.
struct Term {
    plus: bool,
    /// What stands before `core` as a factor.
    factor: Option<Expr>,
    core: Core,
    span: Span,
}

/// A guide and a model: indices.
type Pair = (usize, usize);

/// What a summand is.
enum Core {
    /// `E_q[log p(x | z)]` of all data, given what is latent; `joint`: `E_q[log p(x, z)]`.
    Data { of: Pair, joint: bool, plain: Expr },
    /// The KL of these sites.
    Kl { of: Pair, sites: Vec<String>, args: Vec<Arg> },
    /// The entropy of these sites.
    Entropy { of: usize, sites: Vec<String>, plain: Expr },
    /// Anything else.
    Other(Expr),
}

fn at(kind: ExprKind, span: Span) -> Expr {
    Expr { kind, span }
}

fn name(n: &str, span: Span) -> Expr {
    at(ExprKind::Name(n.to_string()), span)
}

fn ident(n: &str, span: Span) -> Ident {
    Ident { name: n.to_string(), span }
}

/// `row(p, q, key: value)`
fn call(row: &str, subjects: &[&str], named: Vec<(&str, Expr)>, span: Span) -> Expr {
    let plain = subjects.iter().map(|s| Arg { key: None, value: name(s, span) });
    let named = named.into_iter().map(|(k, value)| Arg { key: Some(ident(k, span)), value });
    let args = plain.chain(named).collect();
    at(ExprKind::Call(Call { name: ident(row, span), args, parens: true, block: None, span }), span)
}

fn neg(e: Expr) -> Expr {
    let span = e.span;
    at(ExprKind::Neg(Box::new(e)), span)
}

/// The names of sites that points of a density stand for.
fn point(e: &Expr) -> &str {
    match &e.kind {
        ExprKind::Name(n) => n,
        ExprKind::Field(_, s) => &s.name,
        _ => "",
    }
}

fn points(all: &[Expr]) -> Vec<String> {
    all.iter().map(|e| point(e).to_string()).collect()
}

/// The arguments that have names.
fn named(args: &[Arg]) -> Vec<(&str, Expr)> {
    args.iter().filter_map(|a| Some((a.key.as_ref()?.name.as_str(), a.value.clone()))).collect()
}

/// Whether two lists hold the same names.
fn alike(a: &[String], b: &[String]) -> bool {
    a.len() == b.len() && a.iter().all(|n| b.contains(n))
}

/// Applies `f` to the expressions directly inside one.
fn inside(e: &Expr, f: &mut dyn FnMut(&Expr) -> Res<Expr>) -> Res<Expr> {
    let all =
        |list: &[Expr], f: &mut dyn FnMut(&Expr) -> Res<Expr>| list.iter().map(f).collect::<Res<Vec<_>>>();
    let kind = match &e.kind {
        ExprKind::Neg(a) => ExprKind::Neg(Box::new(f(a)?)),
        ExprKind::Expect(a) => ExprKind::Expect(Box::new(f(a)?)),
        ExprKind::Others(a) => ExprKind::Others(Box::new(f(a)?)),
        ExprKind::Another(a) => ExprKind::Another(Box::new(f(a)?)),
        ExprKind::Binary(op, a, b) => ExprKind::Binary(*op, Box::new(f(a)?), Box::new(f(b)?)),
        ExprKind::Tuple(list) => ExprKind::Tuple(all(list, f)?),
        ExprKind::List(list) => ExprKind::List(all(list, f)?),
        ExprKind::LogProb { model, target, given } => {
            ExprKind::LogProb { model: model.clone(), target: all(target, f)?, given: all(given, f)? }
        }
        ExprKind::Call(c) => {
            let arg = |a: &Arg| Ok(Arg { key: a.key.clone(), value: f(&a.value)? });
            let args = c.args.iter().map(arg).collect::<Res<Vec<_>>>()?;
            ExprKind::Call(Call { args, ..c.clone() })
        }
        other => other.clone(),
    };
    Ok(at(kind, e.span))
}

/// Whether something in it may be written out.
fn mentions(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Written(_) => true,
        ExprKind::Expect(a) if matches!(a.kind, ExprKind::LogProb { .. }) => true,
        ExprKind::Neg(a) | ExprKind::Expect(a) | ExprKind::Others(a) => mentions(a),
        ExprKind::Binary(_, a, b) => mentions(a) || mentions(b),
        ExprKind::Tuple(list) | ExprKind::List(list) => list.iter().any(mentions),
        ExprKind::Call(c) => c.args.iter().any(|a| mentions(&a.value)),
        _ => false,
    }
}

/// The summands of a sum with their signs.
fn flatten(e: &Expr, plus: bool, out: &mut Vec<(bool, Expr)>) {
    match &e.kind {
        ExprKind::Binary(BinOp::Add, a, b) => {
            flatten(a, plus, out);
            flatten(b, plus, out);
        }
        ExprKind::Binary(BinOp::Sub, a, b) => {
            flatten(a, plus, out);
            flatten(b, !plus, out);
        }
        ExprKind::Neg(a) => flatten(a, !plus, out),
        _ => out.push((plus, e.clone())),
    }
}

impl Checker<'_> {
    /// An expression with what is written out in it put into calls of objectives.
    pub(super) fn in_calls(&mut self, e: &Expr, scope: &Scope) -> Res<Expr> {
        if !mentions(e) {
            return Ok(e.clone());
        }
        self.charge(1, e.span)?;
        match &e.kind {
            ExprKind::Binary(BinOp::Add | BinOp::Sub | BinOp::Mul, ..)
            | ExprKind::Neg(_)
            | ExprKind::Expect(_)
            | ExprKind::Written(_) => self.sum(e, scope),
            _ => inside(e, &mut |x| self.in_calls(x, scope)),
        }
    }

    fn sum(&mut self, e: &Expr, scope: &Scope) -> Res<Expr> {
        let mut flat = Vec::new();
        flatten(e, true, &mut flat);
        let mut terms = Vec::new();
        for (plus, t) in &flat {
            terms.push(self.term(*plus, t, scope)?);
        }
        self.bounds(&mut terms)?;
        let mut sum: Option<Expr> = None;
        for t in terms {
            let span = t.span;
            let mut plus = t.plus;
            let mut core = self.plain(t.core)?;
            if let (None, ExprKind::Neg(a)) = (&t.factor, &core.kind) {
                plus = !plus;
                core = (**a).clone();
            }
            let mul = |f: Expr, e: Expr| at(ExprKind::Binary(BinOp::Mul, Box::new(f), Box::new(e)), span);
            let term = match (t.factor, core.kind) {
                // The sign of what is computed goes before its factor.
                (Some(f), ExprKind::Neg(a)) => {
                    plus = !plus;
                    mul(f, *a)
                }
                (Some(f), kind) => mul(f, at(kind, core.span)),
                (None, kind) => at(kind, core.span),
            };
            sum = Some(match (sum, plus) {
                (None, true) => term,
                (None, false) => neg(term),
                (Some(s), plus) => {
                    let op = if plus { BinOp::Add } else { BinOp::Sub };
                    let whole = s.span.to(term.span);
                    at(ExprKind::Binary(op, Box::new(s), Box::new(term)), whole)
                }
            });
        }
        sum.ok_or(Bad::Said)
    }

    fn term(&mut self, plus: bool, e: &Expr, scope: &Scope) -> Res<Term> {
        let span = e.span;
        if let ExprKind::Binary(BinOp::Mul, f, core) = &e.kind {
            let (f, plus) = match &f.kind {
                ExprKind::Neg(a) if mentions(core) => (a, !plus),
                _ => (f, plus),
            };
            let factor = self.in_calls(f, scope)?;
            return Ok(match self.core(core, scope)? {
                Some(core) => Term { plus, factor: Some(factor), core, span },
                None => {
                    let core = Core::Other(self.in_calls(core, scope)?);
                    Term { plus, factor: Some(factor), core, span }
                }
            });
        }
        let core = match self.core(e, scope)? {
            Some(core) => core,
            None => Core::Other(match &e.kind {
                ExprKind::Written(_) | ExprKind::Expect(_) => e.clone(),
                _ => inside(e, &mut |x| self.in_calls(x, scope))?,
            }),
        };
        Ok(Term { plus, factor: None, core, span })
    }

    /// What a summand is, where it is written out.
    fn core(&mut self, e: &Expr, scope: &Scope) -> Res<Option<Core>> {
        Ok(match &e.kind {
            ExprKind::Written(w) => Some(match &**w {
                Written::Under(q, inner) => self.under(q, inner, e.span, scope)?,
                Written::Divergence(q, p, args) => self.divergence(q, p, args, e.span)?,
                Written::Entropy(q) => self.entropy(q, e.span)?,
                Written::Chain(..) => Core::Other(self.in_whole(e)?),
                Written::Weights(..) => return Err(codes::e0512::weights(e.span).into()),
            }),
            ExprKind::Expect(inner) => {
                let inner = self.in_whole(inner)?;
                if let Some(nll) = self.exact(&inner, e.span, scope) {
                    return Ok(Some(Core::Other(nll)));
                }
                let inner = self.in_calls(&inner, scope)?;
                Some(Core::Other(at(ExprKind::Expect(Box::new(inner)), e.span)))
            }
            _ => None,
        })
    }

    /// `-nll(p)` where an expectation is that of the log-density of all data of a model that has one.
    fn exact(&self, inner: &Expr, span: Span, scope: &Scope) -> Option<Expr> {
        let ExprKind::LogProb { model, target, given } = &inner.kind else { return None };
        let m = self.typed.models.iter().find(|m| m.name == model.name && !m.guide)?;
        let plain = |e: &Expr| matches!(&e.kind, ExprKind::Name(n) if !scope.vars.contains_key(n));
        let data = bound_of::data(m);
        let fits = matches!(m.density, Kind::Exact { .. })
            && target.iter().chain(given).all(plain)
            && alike(&points(target), &data)
            && points(given).iter().all(|g| m.conds.contains(g));
        fits.then(|| neg(call("nll", &[&m.name], Vec::new(), span)))
    }

    /// `sum_{i in raster} log p(x[i] | x[< i])` as `log p(x)`, wherever it stands.
    fn in_whole(&mut self, e: &Expr) -> Res<Expr> {
        let ExprKind::Written(w) = &e.kind else { return inside(e, &mut |x| self.in_whole(x)) };
        let Written::Chain(_, order, d) = &**w else { return Ok(e.clone()) };
        let p = self.model_named(&d.model)?;
        let m = self.typed.model(p);
        for x in points(&d.targets) {
            let Some(site) = m.site(&x) else { return Err(self.no_site(m, &x, d.span)) };
            let own = match &site.kind {
                TSiteKind::Draw(t) => t.order.as_ref().map(|o| o.text.clone()),
                TSiteKind::Bind(_) | TSiteKind::Quantize(_) => None,
            };
            let written = at(ExprKind::Call(order.clone()), order.span).to_string();
            if own.as_ref() != Some(&written) {
                return Err(codes::e0512::order(&x, order.span, own.as_deref(), &m.name).into());
            }
        }
        let kind =
            ExprKind::LogProb { model: d.model.clone(), target: d.targets.clone(), given: d.given.clone() };
        Ok(at(kind, e.span))
    }

    fn no_site(&self, m: &TModel, x: &str, span: Span) -> Bad {
        let near = did_you_mean(x, m.sites.iter().map(|s| s.name.as_str()));
        codes::e0200::unknown(&format!("site of `{}`", m.name), x, span, near).into()
    }

    /// The guide of this name.
    fn guide_named(&self, q: &Ident) -> Res<usize> {
        let i = self.model_named(q)?;
        let m = self.typed.model(i);
        if m.guide { Ok(i) } else { Err(codes::e0512::average_of_model((&q.name, q.span), m.span).into()) }
    }

    /// `E_q[e]`
    fn under(&mut self, q: &Ident, inner: &Expr, span: Span, scope: &Scope) -> Res<Core> {
        let g = self.guide_named(q)?;
        if let ExprKind::Written(w) = &inner.kind
            && let Written::Weights(count, joint, by) = &**w
        {
            return self.weights(g, (count, joint, by), span);
        }
        let inner = self.in_whole(inner)?;
        let guide = self.typed.model(g);
        let sites: Vec<String> = guide.sites.iter().map(|s| s.name.clone()).collect();
        let sampled = sampled(&inner, &sites, &q.name)?;
        let plain = at(ExprKind::Expect(Box::new(sampled)), span);
        if let ExprKind::LogProb { model, target, given } = &inner.kind {
            let p = self.model_named(model)?;
            let m = self.typed.model(p);
            if m.guide {
                return Ok(Core::Other(plain));
            }
            let (data, latent) = (bound_of::data(m), bound_of::latent(m, guide));
            let needs = bound_of::given(m, guide, &data);
            let (target, given) = (points(target), points(given));
            let all = [data.as_slice(), latent.as_slice()].concat();
            let joint =
                !latent.is_empty() && alike(&target, &all) && given.iter().all(|n| m.conds.contains(n));
            let data =
                alike(&target, &data) && needs.iter().all(|n| given.contains(n) || m.conds.contains(n));
            if !latent.is_empty() && (joint || data) {
                return Ok(Core::Data { of: (g, p), joint, plain });
            }
        }
        let plain = match plain.kind {
            ExprKind::Expect(e) => at(ExprKind::Expect(Box::new(self.in_calls(&e, scope)?)), span),
            _ => plain,
        };
        Ok(Core::Other(plain))
    }

    /// `E_q[log mean_{k} p(x, z) / q(z | x)]`
    fn weights(
        &mut self,
        g: usize,
        (count, joint, by): (&Expr, &Density, &Density),
        span: Span,
    ) -> Res<Core> {
        let (q, p) = (self.guide_named(&by.model)?, self.model_named(&joint.model)?);
        let (m, guide) = (self.typed.model(p), self.typed.model(q));
        let latent = bound_of::latent(m, guide);
        let all = [bound_of::data(m), latent.clone()].concat();
        if q != g || m.guide || !alike(&points(&joint.targets), &all) || !alike(&points(&by.targets), &latent)
        {
            return Err(codes::e0512::weights(span).into());
        }
        let named = vec![("k", count.clone())];
        Ok(Core::Other(call("iwae", &[&m.name, &guide.name], named, span)))
    }

    /// Whether all that a side of a KL names is there, and given.
    fn side(&self, m: &TModel, d: &Density, needs: &[String]) -> Res<()> {
        let given = points(&d.given);
        for (n, e) in points(&d.targets).iter().zip(&d.targets).chain(given.iter().zip(&d.given)) {
            if m.site(n).is_none() && !m.conds.contains(n) {
                return Err(self.no_site(m, n, e.span));
            }
        }
        let missing: Vec<String> = needs.iter().filter(|n| !given.contains(n)).cloned().collect();
        if missing.is_empty() {
            return Ok(());
        }
        let targets = points(&d.targets).join(", ");
        let right =
            format!("{}({targets} | {})", m.name, [given.clone(), missing.clone()].concat().join(", "));
        let bar = if given.is_empty() { String::new() } else { format!(" | {}", given.join(", ")) };
        let side = format!("{}({targets}{bar})", m.name);
        Err(codes::e0512::not_given(&side, d.span, &missing, &right).into())
    }

    /// `KL(q(z | x) || p(z))`
    fn divergence(&mut self, q: &Density, p: &Density, args: &[Arg], span: Span) -> Res<Core> {
        let (i, j) = (self.model_named(&q.model)?, self.model_named(&p.model)?);
        let (g, m) = (self.typed.model(i), self.typed.model(j));
        if !g.guide || m.guide {
            let turned = Written::Divergence(p.clone(), q.clone(), Vec::new());
            let turned = at(ExprKind::Written(Box::new(turned)), span).to_string();
            let sides = ((q.model.span, g.guide), (p.model.span, m.guide));
            return Err(codes::e0512::sides(sides.0, sides.1, span, &turned).into());
        }
        let (sites, of) = (points(&q.targets), points(&p.targets));
        let needs = bound_of::proposed_given(g, &sites);
        self.side(g, q, &needs)?;
        self.side(m, p, &bound_of::given(m, g, &of))?;
        let latent = bound_of::latent(m, g);
        if let Some((z, e)) = sites.iter().zip(&q.targets).find(|(z, _)| !latent.contains(z)) {
            let data = m.site(z).is_some_and(|s| s.observed);
            return Err(codes::e0512::not_proposed(z, e.span, data, &g.name, &latent).into());
        }
        if !alike(&sites, &of) {
            let (a, b) = (sites.join("`, `"), of.join("`, `"));
            return Err(codes::e0512::different_sites((&a, q.span), (&b, p.span), span).into());
        }
        let known = ["free", "form", "terms"];
        for a in args {
            match &a.key {
                Some(k) if known.contains(&k.name.as_str()) => {}
                Some(k) => {
                    return Err(codes::e0207::unknown_argument("KL", &k.name, k.span, &known).into());
                }
                None => return Err(codes::e0207::too_many("KL", 2, a.value.span).into()),
            }
        }
        Ok(Core::Kl { of: (i, j), sites, args: args.to_vec() })
    }

    /// `H(q(z | x))`
    fn entropy(&mut self, d: &Density, span: Span) -> Res<Core> {
        let i = self.guide_named(&d.model)?;
        let g = self.typed.model(i);
        let sites = points(&d.targets);
        self.side(g, d, &bound_of::proposed_given(g, &sites))?;
        let drawn: Vec<String> = g.sites.iter().map(|s| s.name.clone()).collect();
        let log =
            ExprKind::LogProb { model: d.model.clone(), target: d.targets.clone(), given: d.given.clone() };
        let log = sampled(&at(log, span), &drawn, &g.name)?;
        let plain = neg(at(ExprKind::Expect(Box::new(log)), span));
        Ok(Core::Entropy { of: i, sites, plain })
    }

    /// What a summand is that has found no partner.
    fn plain(&self, core: Core) -> Res<Expr> {
        match core {
            Core::Data { plain, .. } | Core::Entropy { plain, .. } | Core::Other(plain) => Ok(plain),
            Core::Kl { .. } => Err(Bad::Said),
        }
    }

    /// Joins the summands that are a bound together, and KLs of all latent sites.
    fn bounds(&mut self, terms: &mut Vec<Term>) -> Res<()> {
        let mut i = 0;
        while let Some(t) = terms.get(i) {
            let found = match (&t.core, &t.factor) {
                (Core::Data { of, joint: false, .. }, None) => self.elbo(terms, i, *of),
                (Core::Data { of, joint: true, .. }, None) => self.with_entropy(terms, i, *of),
                _ => None,
            };
            if let Some((used, e)) = found {
                self.replace(terms, i, &used, e);
            }
            i += 1;
        }
        let mut i = 0;
        while let Some(t) = terms.get(i) {
            if let Core::Kl { of, args, .. } = &t.core {
                if let Some((name, value)) = named(args).into_iter().find(|(k, _)| *k != "terms") {
                    return Err(codes::e0512::alone(name, value.span, t.span).into());
                }
                let (used, e) = self.alone(terms, i, *of);
                self.replace(terms, i, &used, e);
            }
            i += 1;
        }
        Ok(())
    }

    /// Puts one call in place of summand `i`, and takes away the others that it stands for.
    fn replace(&self, terms: &mut Vec<Term>, i: usize, used: &[usize], e: Expr) {
        if let Some(t) = terms.get_mut(i) {
            t.core = Core::Other(e);
        }
        let mut k = 0;
        terms.retain(|_| {
            k += 1;
            k - 1 == i || !used.contains(&(k - 1))
        });
    }

    fn pair(&self, (q, p): Pair) -> Option<(&TModel, &TModel)> {
        Some((self.typed.model(q), self.typed.model(p)))
    }

    /// The KLs of a pair that are subtracted with one weight, if they are of all latent sites.
    fn divergences(&self, terms: &[Term], of: Pair, like: &Term, plus: bool) -> Option<Vec<usize>> {
        let (g, m) = self.pair(of)?;
        let text = |e: &Option<Expr>| e.as_ref().map(ToString::to_string);
        let all = |args: &[Arg]| named(args).iter().map(|(k, v)| format!("{k}: {v}")).collect::<Vec<_>>();
        let Core::Kl { args: wanted, .. } = &like.core else { return None };
        let (mut used, mut covered) = (Vec::new(), Vec::new());
        for (k, t) in terms.iter().enumerate() {
            if let Core::Kl { of: o, sites, args } = &t.core
                && *o == of
                && t.plus == plus
                && text(&t.factor) == text(&like.factor)
                && all(args) == all(wanted)
                && !sites.iter().any(|s| covered.contains(s))
            {
                used.push(k);
                covered.extend(sites.iter().cloned());
            }
        }
        alike(&covered, &bound_of::latent(m, g)).then_some(used)
    }

    /// `elbo(p, q)` where summand `i` is the part of the data.
    fn elbo(&self, terms: &[Term], i: usize, of: Pair) -> Option<(Vec<usize>, Expr)> {
        let data = terms.get(i)?;
        let first = terms.iter().find(|t| matches!(&t.core, Core::Kl { of: o, .. } if *o == of))?;
        let used = self.divergences(terms, of, first, !data.plus)?;
        let (g, m) = self.pair(of)?;
        let Core::Kl { args, .. } = &first.core else { return None };
        let beta = first.factor.clone().map(|b| ("beta", b));
        let named = beta.into_iter().chain(named(args)).collect();
        Some((used, call("elbo", &[&m.name, &g.name], named, data.span)))
    }

    /// `elbo(p, q, form: entropy)` where summand `i` is the joint density.
    fn with_entropy(&self, terms: &[Term], i: usize, of: Pair) -> Option<(Vec<usize>, Expr)> {
        let data = terms.get(i)?;
        let (g, m) = self.pair(of)?;
        let (mut used, mut covered) = (Vec::new(), Vec::new());
        for (k, t) in terms.iter().enumerate() {
            if let (Core::Entropy { of: q, sites, .. }, None) = (&t.core, &t.factor)
                && *q == of.0
                && t.plus == data.plus
                && !sites.iter().any(|s| covered.contains(s))
            {
                used.push(k);
                covered.extend(sites.iter().cloned());
            }
        }
        let named = vec![("form", name("entropy", data.span))];
        alike(&covered, &bound_of::latent(m, g))
            .then(|| (used, call("elbo", &[&m.name, &g.name], named, data.span)))
    }

    /// `kl(q, p)` where summand `i` and those like it are of all latent sites; else that of its own sites.
    fn alone(&self, terms: &[Term], i: usize, of: Pair) -> (Vec<usize>, Expr) {
        let whole = terms.get(i).and_then(|t| Some((t, self.divergences(terms, of, t, t.plus)?)));
        let span = terms.get(i).map_or(Span::default(), |t| t.span);
        let (q, p) = self.pair(of).map_or(("", ""), |(g, m)| (g.name.as_str(), m.name.as_str()));
        let (sites, args) = match terms.get(i).map(|t| &t.core) {
            Some(Core::Kl { sites, args, .. }) => (sites.clone(), named(args)),
            Some(_) | None => (Vec::new(), Vec::new()),
        };
        let mut rest: Vec<(&str, Expr)> = args.into_iter().filter(|(k, _)| *k == "terms").collect();
        if let Some((_, used)) = whole {
            return (used, call("kl", &[q, p], rest, span));
        }
        let list = sites.iter().map(|s| at(ExprKind::Text(s.clone()), span)).collect();
        rest.push(("of", at(ExprKind::List(list), span)));
        (Vec::new(), call("kl", &[q, p], rest, span))
    }
}

/// An expression with a guide's samples in place of the names of its sites.
fn sampled(e: &Expr, sites: &[String], q: &str) -> Res<Expr> {
    if let ExprKind::Name(n) = &e.kind
        && sites.contains(n)
    {
        return Ok(at(ExprKind::Field(ident(q, e.span), ident(n, e.span)), e.span));
    }
    inside(e, &mut |x| sampled(x, sites, q))
}
