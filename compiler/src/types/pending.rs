//! Names that stand for what is computed from earlier elements: `(w, m, s) = f(x[< i]);  x[i in raster] ~ D(w, m, exp(s))`. They are put in
//! place of themselves where the site that draws `x` uses them, so that a net with several outputs may say all of its parameters.

use super::scope::Scope;
use super::{Checker, Res};
use crate::diag::codes;
use crate::syntax::ast::{BindSite, Expr, ExprKind, Ident, Site};

/// The variable whose earlier elements an expression reads, if it reads any: the first one.
fn earlier(e: &Expr) -> Option<&Ident> {
    match &e.kind {
        ExprKind::Before(x, _) => Some(x),
        ExprKind::Call(c) => c.args.iter().find_map(|a| earlier(&a.value)),
        ExprKind::Tuple(all) | ExprKind::List(all) => all.iter().find_map(earlier),
        ExprKind::Neg(a) | ExprKind::Expect(a) | ExprKind::Quantity(a, _) => earlier(a),
        ExprKind::At(_, place) => earlier(place),
        ExprKind::Binary(_, a, b) | ExprKind::Range(a, b) | ExprKind::Times(a, b) => {
            earlier(a).or_else(|| earlier(b))
        }
        ExprKind::LogProb { target, given, .. } => target.iter().chain(given).find_map(earlier),
        ExprKind::Number { .. } | ExprKind::Text(_) | ExprKind::Name(_) | ExprKind::Field(..) => None,
        ExprKind::Written(_) => None,
    }
}

impl Checker<'_> {
    /// Keeps a line that reads earlier elements of a variable which one of the sites behind it draws; whether it is such a line.
    pub(super) fn waits(&self, b: &BindSite, behind: &[Site], scope: &mut Scope) -> Res<bool> {
        let Some(x) = earlier(&b.value) else { return Ok(false) };
        let drawn = behind.iter().any(|s| matches!(s, Site::Auto(a) if a.name.name == x.name));
        if !drawn || b.pattern.iter().any(|n| self.data_var(&n.name).is_some()) {
            return Ok(false);
        }
        for name in &b.pattern {
            let before = scope
                .pending
                .iter()
                .flat_map(|(_, b)| &b.pattern)
                .find(|n| n.name == name.name)
                .map(|n| n.span);
            if let Some(first) = before.or_else(|| Some(scope.vars.get(&name.name)?.span)) {
                return Err(codes::e0202::declared_twice(&name.name, name.span, first).into());
            }
        }
        scope.pending.push((x.name.clone(), b.clone()));
        Ok(true)
    }

    /// The scope of the distribution that draws `x`, with the names of the lines that wait for it.
    pub(super) fn with_pending(&mut self, x: &str, scope: Scope) -> Res<Scope> {
        let mut inner = scope;
        let lines: Vec<BindSite> =
            inner.pending.iter().filter(|(of, _)| of == x).map(|(_, b)| b.clone()).collect();
        for b in &lines {
            let values = self.unpacked(&b.pattern, &b.value, b.span, &inner)?;
            for (name, value) in b.pattern.iter().zip(values) {
                inner.vars.insert(name.name.clone(), value);
            }
        }
        Ok(inner)
    }
}
