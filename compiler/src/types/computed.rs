//! Statements that compute: `x = f(z)`, `(m, s) = encode(x)` and `x = quantize(..)`.

use super::scope::Scope;
use super::{Bad, Checker, Res, TExpr, TModel, TSite, TSiteKind};
use crate::diag::codes;
use crate::event::Support;
use crate::span::Span;
use crate::syntax::ast::{BindSite, Call, Expr, ExprKind, Ident};

impl Checker<'_> {
    pub(super) fn bind_site(&mut self, b: &BindSite, scope: &Scope, model: &TModel) -> Res<Vec<TSite>> {
        if let ExprKind::Call(c) = &b.value.kind
            && c.name.name == "quantize"
            && let [name] = b.pattern.as_slice()
        {
            return Ok(vec![self.quantized(name, c, b.value.span, scope, model)?]);
        }
        let values = self.unpacked(&b.pattern, &b.value, b.span, scope)?;
        let named = b.pattern.iter().zip(values);
        named.map(|(name, e)| self.bound(name, e, b.value.span, model)).collect()
    }

    /// `x = quantize(e)`: data `x` are the whole numbers below a continuous value.
    fn quantized(&mut self, name: &Ident, c: &Call, at: Span, scope: &Scope, model: &TModel) -> Res<TSite> {
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
            value_span: at,
        };
        self.observe(site, model)
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
        self.observe(site, model)
    }
}
