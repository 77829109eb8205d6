//! Objectives that are written out: pest pairs to AST.

use super::ast::{Arg, Density, Expr, ExprKind, Ident, Written};
use super::build_expr::{Built, Cx, Parts, broken};
use super::grammar::Rule;
use crate::diag::codes::{e0512, e0602};
use pest::iterators::Pair;

impl Cx<'_> {
    /// `E_q[e]`, `KL(q(z | x) || p(z))` ..
    pub(super) fn written(&self, pair: Pair<'_, Rule>, depth: usize) -> Built<Written> {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let mut parts = self.parts(pair);
        match rule {
            Rule::under => {
                let guide = self.ident(&self.parts(parts.need()?).need()?);
                Ok(Written::Under(guide, self.expr(parts.need()?, depth)?))
            }
            Rule::divergence => {
                let q = self.density(parts.need()?)?;
                if let Some(sign) = parts.take(Rule::compat_bars) {
                    return Err(e0512::bars(self.span(&sign)));
                }
                let p = self.density(parts.need()?)?;
                let args: Built<Vec<Arg>> =
                    std::iter::from_fn(|| parts.take(Rule::arg)).map(|a| self.arg(a, depth)).collect();
                Ok(Written::Divergence(q, p, args?))
            }
            Rule::entropy => Ok(Written::Entropy(self.density(parts.need()?)?)),
            Rule::chain => self.chain(parts, depth),
            Rule::weights => {
                let count = self.expr(parts.need()?, depth)?;
                Ok(Written::Weights(count, self.density(parts.need()?)?, self.density(parts.need()?)?))
            }
            _ => Err(broken(span)),
        }
    }

    /// `q(z | x)`
    fn density(&self, pair: Pair<'_, Rule>) -> Built<Density> {
        let span = self.span(&pair);
        let mut parts = self.parts(pair);
        let model = self.ident(&parts.need()?);
        let targets = self.points(&mut parts)?;
        let given = match parts.take(Rule::condition) {
            Some(all) => self.points(&mut self.parts(all))?,
            None => Vec::new(),
        };
        Ok(Density { model, targets, given, span })
    }

    /// The points next in `parts`: names, or samples such as `q.z`.
    fn points(&self, parts: &mut Parts<'_>) -> Built<Vec<Expr>> {
        std::iter::from_fn(|| parts.take(Rule::point)).map(|p| self.point(p)).collect()
    }

    fn point(&self, pair: Pair<'_, Rule>) -> Built<Expr> {
        let span = self.span(&pair);
        let inner = self.parts(pair).need()?;
        if inner.as_rule() == Rule::field {
            let mut parts = self.parts(inner);
            let kind = ExprKind::Field(self.ident(&parts.need()?), self.ident(&parts.need()?));
            return Ok(Expr { kind, span });
        }
        Ok(named(&self.ident(&inner)))
    }

    /// `sum_{i in raster} log p(x[i] | x[< i], z)`
    fn chain(&self, mut parts: Parts<'_>, depth: usize) -> Built<Written> {
        let index = self.ident(&parts.need()?);
        let order = self.call(parts.need()?, depth)?;
        let model = self.ident(&parts.need()?);
        let (site, at) = (self.ident(&parts.need()?), self.ident(&parts.need()?));
        let before = parts.need()?;
        let read = self.span(&before);
        let mut earlier = self.parts(before);
        let of = self.ident(&earlier.need()?);
        if let Some(p) = earlier.take(Rule::compat_up_to) {
            return Err(e0602::up_to(self.span(&p), &site.name, &index.name));
        }
        let i = self.ident(&earlier.need()?);
        if at.name != index.name {
            return Err(e0512::index(at.span, (&index.name, index.span)));
        }
        if (of.name.as_str(), i.name.as_str()) != (site.name.as_str(), index.name.as_str()) {
            return Err(e0602::not_these(read, (&site.name, &index.name, site.span)));
        }
        let given = match parts.take(Rule::points) {
            Some(all) => self.points(&mut self.parts(all))?,
            None => Vec::new(),
        };
        let span = model.span.to(read);
        Ok(Written::Chain(index, order, Density { model, targets: vec![named(&site)], given, span }))
    }
}

fn named(name: &Ident) -> Expr {
    Expr { kind: ExprKind::Name(name.name.clone()), span: name.span }
}
