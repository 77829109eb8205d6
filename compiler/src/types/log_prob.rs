//! `log p(x | z)` in payoffs: the values of its sites, and whether it is a density that the model has.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one form of expression is asked for; all others are alike"
)]

use super::factor::{NoFactor, factor, factors};
use super::scope::Scope;
use super::{Bad, Checker, Res, TExpr, TKind, TModel, density};
use crate::diag::{codes, suggest::did_you_mean};
use crate::event::{EventTy, Kind};
use crate::span::Span;
use crate::syntax::ast::{Expr, ExprKind, Ident};

/// The two sides of the bar, as they are written.
pub(super) struct Bar<'a> {
    /// Whose density it is.
    pub(super) targets: &'a [Expr],
    /// What is given.
    pub(super) given: &'a [Expr],
}

/// A site, the value that it is given, and where.
type Named = (String, TExpr, Span);

impl Checker<'_> {
    /// `log p(x, y | z)`
    pub(super) fn log_prob(&mut self, m: &Ident, bar: &Bar<'_>, span: Span, scope: &Scope) -> Res<TExpr> {
        let model = self.model_named(m)?;
        // What is missing of a target is left out of its density.
        let before = std::mem::replace(&mut self.holes, true);
        let targets = self.named_values(model, bar.targets, scope);
        self.holes = before;
        let targets = targets?;
        let given = self.named_values(model, bar.given, scope)?;
        let mut all: Vec<&Named> = Vec::new();
        for n in targets.iter().chain(&given) {
            if let Some(first) = all.iter().find(|o| o.0 == n.0) {
                return Err(codes::e0509::twice(&n.0, n.2, first.2).into());
            }
            all.push(n);
        }
        let names = |all: &[Named]| all.iter().map(|n| n.0.clone()).collect::<Vec<_>>();
        let (target_names, given_names) = (names(&targets), names(&given));
        let mm = self.typed.model(model);
        if let Some((name, _, at)) = targets.iter().find(|t| mm.site(&t.0).is_none()) {
            return Err(codes::e0509::condition(&mm.name, name, *at, &factors(mm)).into());
        }
        let of = factor(mm, &target_names, &given_names)
            .map_err(|why| Bad::from(self.no_factor(mm, &why, (&targets, &given), span)))?;
        let fill: Vec<String> =
            mm.conds.iter().chain(&of.read).filter(|n| !given_names.contains(n)).cloned().collect();
        let mut values: Vec<(String, TExpr)> =
            targets.into_iter().chain(given).map(|(name, v, _)| (name, v)).collect();
        // Conditions, and data that the factors read, have the data's values.
        for name in fill {
            let v = self.var(&name, span, &Scope::default())?;
            values.push((name, v));
        }
        Ok(TExpr::real(TKind::LogProb { model, values, targets: target_names }, Vec::new(), true, span))
    }

    /// The values on one side of the bar, which fit the sites whose names they have.
    fn named_values(&mut self, model: usize, side: &[Expr], scope: &Scope) -> Res<Vec<Named>> {
        let mut all = Vec::new();
        for e in side {
            let named = if let ExprKind::Another(of) = &e.kind { of } else { e };
            let name = match &named.kind {
                ExprKind::Name(n) => n.clone(),
                ExprKind::Field(_, s) => s.name.clone(),
                _ => return Err(codes::e0212::log_prob_argument(e.span).into()),
            };
            let m = self.typed.model(model);
            let wanted: Option<(EventTy, Span)> = match m.site(&name) {
                Some(s) => Some((s.ty.clone(), s.span)),
                None if m.conds.contains(&name) => self.data_var(&name).map(|v| (v.ty.clone(), v.span)),
                None => None,
            };
            let Some((ty, at)) = wanted else {
                let what = format!("site of `{}`", m.name);
                let near = did_you_mean(&name, m.sites.iter().map(|s| s.name.as_str())).map(str::to_string);
                return Err(codes::e0200::unknown(&what, &name, e.span, near.as_deref()).into());
            };
            let what = format!("log {}(..)", m.name);
            let v = self.expr(e, scope)?;
            if v.ty.shape != ty.shape {
                let (have, want) = (v.ty.shape_text(), ty.shape_text());
                return Err(codes::e0201::argument(&what, &name, (v.span, &have), (at, &want), None).into());
            }
            let class = |t: &EventTy| matches!(t.kind, Kind::Class(_));
            if class(&v.ty) != class(&ty)
                || !v.ty.kind.inside(ty.kind.closure()) && !ty.kind.inside(v.ty.kind)
            {
                return Err(codes::e0302::argument(&what, v.span, &v.ty, at, &ty).into());
            }
            all.push((name, v, e.span));
        }
        Ok(all)
    }

    /// Why a density is none of the model's.
    fn no_factor(
        &self,
        m: &TModel,
        why: &NoFactor,
        (targets, given): (&[Named], &[Named]),
        span: Span,
    ) -> crate::diag::Diag {
        let at = |name: &String| targets.iter().chain(given).find(|n| n.0 == *name).map_or(span, |n| n.2);
        let site = |name: &String| m.site(name).map_or(m.span, |s| s.span);
        match why {
            NoFactor::Computed(x) => {
                let value = m.site(x).map_or(m.span, |s| s.value_span);
                let (how, change) = density::without_density(m, &self.typed.flows, x);
                codes::e0706::no_density(&m.name, x, at(x), value, "evaluates the density", (&how, &change))
            }
            NoFactor::Fixed(x) => codes::e0509::fixed(&m.name, x, at(x), site(x), &factors(m)),
            NoFactor::Descends { given, target } => {
                codes::e0509::descends(&m.name, (given, site(given)), (target, at(target)), span, &factors(m))
            }
            NoFactor::Open(z) => codes::e0212::log_prob_given(&m.name, z, span, &factors(m)),
        }
    }
}
