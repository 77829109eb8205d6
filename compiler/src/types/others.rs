//! `E'[..]`, a mean over the other examples of the minibatch, and `q'.z`, which stands for such an example.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one form of expression is asked for; all others are alike"
)]

use super::expr::only_in_payoffs;
use super::scope::Scope;
use super::{Checker, Res, TExpr, TKind, Typed};
use crate::diag::codes;
use crate::event::Kind;
use crate::span::Span;
use crate::syntax::ast::Expr;

impl Checker<'_> {
    /// `E'[inner]`: for each example the mean over the others, element by element.
    pub(super) fn others(&mut self, inner: &Expr, span: Span, scope: &Scope) -> Res<TExpr> {
        only_in_payoffs("E'[..]", "averages over the other examples of the batch", span, scope)?;
        let a = self.expr(inner, &Scope { others: true, alone: None, ..scope.clone() })?;
        if let Kind::Class(_) = a.ty.kind {
            return Err(codes::e0211::class_arithmetic(a.span).into());
        }
        if !self.typed.mentions_another(&a) {
            return Err(codes::e0228::no_other(a.span).into());
        }
        let kind = Kind::Real(a.range().into());
        Ok(TExpr {
            ty: a.ty.with_kind(kind),
            batched: true,
            span,
            origin: a.origin,
            kind: TKind::Others(Box::new(a)),
        })
    }

    /// `q'.z`, `x'`
    pub(super) fn another(&mut self, of: &Expr, span: Span, scope: &Scope) -> Res<TExpr> {
        if !scope.others {
            let of = of.to_string();
            return Err(match scope.alone {
                Some(call) => codes::e0228::inside(&of, call, span).into(),
                None => codes::e0228::outside(&of, span).into(),
            });
        }
        let a = self.expr(of, &Scope { others: false, ..scope.clone() })?;
        if !a.batched {
            return Err(codes::e0228::same_for_all(&of.to_string(), span).into());
        }
        Ok(TExpr {
            ty: a.ty.clone(),
            batched: true,
            span,
            origin: a.origin,
            kind: TKind::Another(Box::new(a)),
        })
    }
}

impl Typed {
    /// Whether an expression reads another example, of the `E'[..]` that it stands in.
    pub fn mentions_another(&self, e: &TExpr) -> bool {
        match &e.kind {
            TKind::Another(_) => true,
            TKind::Others(_) | TKind::Let(_) => false,
            _ => e.children().into_iter().any(|c| self.mentions_another(c)),
        }
    }
}
