//! Names that stand for what is computed from earlier elements: `(w, m, s) = f(x[< i]);  x[i in raster] ~ D(w, m, exp(s))`. They are put in
//! place of themselves where the site that draws `x` uses them, so that a net with several outputs may say all of its parameters. So are those
//! before a site in time, `(m, s) = f(z[t - 1]);  z[t in 1..T] ~ D(m, exp(s))`, in the statements that use them.

use super::in_time::in_time;
use super::scope::Scope;
use super::{Checker, Res};
use crate::diag::codes;
use crate::syntax::ast::{BindSite, Call, Expr, ExprKind, Site};

/// What an expression reads.
#[derive(Default)]
struct Reads<'e> {
    /// Variables of which it reads earlier elements, `x[< i]`.
    earlier: Vec<&'e str>,
    /// Variables of which it reads one element, `z[t - 1]`.
    elements: Vec<&'e str>,
    /// Names.
    names: Vec<&'e str>,
}

impl<'e> Reads<'e> {
    fn of(e: &'e Expr) -> Reads<'e> {
        let mut all = Reads::default();
        all.add(e);
        all
    }

    fn add(&mut self, e: &'e Expr) {
        match &e.kind {
            ExprKind::Before(x, _) => self.earlier.push(&x.name),
            ExprKind::Call(c) => c.args.iter().for_each(|a| self.add(&a.value)),
            ExprKind::Tuple(all) | ExprKind::List(all) => all.iter().for_each(|e| self.add(e)),
            ExprKind::Neg(a)
            | ExprKind::Expect(a)
            | ExprKind::Others(a)
            | ExprKind::Another(a)
            | ExprKind::Quantity(a, _) => self.add(a),
            ExprKind::At(x, place) => {
                self.elements.push(&x.name);
                self.add(place);
            }
            ExprKind::Binary(_, a, b) | ExprKind::Range(a, b) | ExprKind::Times(a, b) => {
                self.add(a);
                self.add(b);
            }
            ExprKind::LogProb { target, given, .. } => target.iter().chain(given).for_each(|e| self.add(e)),
            ExprKind::Name(n) => self.names.push(n),
            ExprKind::Number { .. } | ExprKind::Text(_) | ExprKind::Field(..) | ExprKind::Written(_) => {}
        }
    }

    /// The variable of which a line that reads this waits for its draw by a statement, if it does.
    fn waits_for<'s>(&self, s: &'s Site, scope: &Scope) -> Option<&'s str> {
        let own = match s {
            Site::Auto(a) if in_time(s).is_none() => {
                return Some(a.name.name.as_str()).filter(|x| self.earlier.contains(x));
            }
            Site::Auto(a) => Some(a.index.name.as_str()),
            Site::Start(_) | Site::Draw(_) | Site::Bind(_) => None,
        };
        let z = in_time(s).filter(|z| !scope.vars.contains_key(*z))?;
        let time = own.filter(|t| !scope.vars.contains_key(*t)).is_some_and(|t| self.names.contains(&t));
        (time || self.elements.contains(&z)).then_some(z)
    }
}

impl Checker<'_> {
    /// Keeps a line that reads earlier elements of a variable which one of the sites behind it draws; whether it is such a line.
    pub(super) fn waits(&self, b: &BindSite, behind: &[Site], scope: &mut Scope) -> Res<bool> {
        let reads = Reads::of(&b.value);
        let Some(x) = behind.iter().find_map(|s| reads.waits_for(s, scope)) else { return Ok(false) };
        if b.pattern.iter().any(|n| self.data_var(&n.name).is_some()) {
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
        scope.pending.push((x.to_string(), b.clone()));
        Ok(true)
    }

    /// The scope of a statement in time that draws `z` from `dist`, with the names of the lines that wait for it and that it uses.
    pub(super) fn with_used(&mut self, z: &str, dist: &Call, scope: Scope) -> Res<Scope> {
        let mut names: Vec<&str> = dist.args.iter().flat_map(|a| Reads::of(&a.value).names).collect();
        let mut used = Vec::new();
        for (of, b) in scope.pending.iter().rev() {
            if of == z && b.pattern.iter().any(|n| names.contains(&n.name.as_str())) {
                names.extend(Reads::of(&b.value).names);
                used.insert(0, (of.clone(), b.clone()));
            }
        }
        let mut inner = self.with_pending(z, Scope { pending: used, ..scope.clone() })?;
        inner.pending = scope.pending;
        Ok(inner)
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
