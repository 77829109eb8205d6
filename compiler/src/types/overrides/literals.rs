//! Literals inside of expressions: the arguments of objectives by their names, numbers by their place, from 0.

use super::{Place, Visit};
use crate::rows::{self, objective};
use crate::syntax::ast::{Call, Density, Expr, ExprKind, Written};

/// Visits the literals of an expression below a path: `train.objective.beta`, `train.objective.0`. What is a number as a whole has the path itself, too.
pub(super) fn literals(e: &mut Expr, prefix: &str, visit: Visit<'_>) {
    let number = |e: &Expr| matches!(e.kind, ExprKind::Number { .. });
    if number(e) || matches!(&e.kind, ExprKind::Neg(a) if number(a)) {
        visit(&[prefix.to_string()], Place::Expr(e));
    }
    Literals { prefix, next: 0 }.of(e, visit);
}

struct Literals<'a> {
    prefix: &'a str,
    /// The number of the next number.
    next: usize,
}

impl Literals<'_> {
    fn of(&mut self, e: &mut Expr, visit: Visit<'_>) {
        match &mut e.kind {
            ExprKind::Number { .. } => {
                let path = format!("{}.{}", self.prefix, self.next);
                self.next += 1;
                visit(&[path], Place::Expr(e));
            }
            ExprKind::Call(c) => self.call(c, visit),
            ExprKind::Tuple(all) | ExprKind::List(all) => all.iter_mut().for_each(|e| self.of(e, visit)),
            ExprKind::Neg(a) | ExprKind::Expect(a) | ExprKind::Others(a) | ExprKind::Another(a) => {
                self.of(a, visit);
            }
            ExprKind::Binary(_, a, b) => {
                self.of(a, visit);
                self.of(b, visit);
            }
            ExprKind::Written(w) => self.written(w, visit),
            ExprKind::Text(_)
            | ExprKind::Name(_)
            | ExprKind::Field(..)
            | ExprKind::LogProb { .. }
            | ExprKind::Before(..)
            | ExprKind::At(..)
            | ExprKind::Times(..)
            | ExprKind::Range(..)
            | ExprKind::Quantity(..) => {}
        }
    }

    /// Named arguments by their names, also below the name of what is called; those that an objective takes can be added.
    fn call(&mut self, c: &mut Call, visit: Visit<'_>) {
        let name = c.name.name.clone();
        let paths = |key: &str| [format!("{}.{key}", self.prefix), format!("{}.{name}.{key}", self.prefix)];
        let known: Vec<&'static str> = rows::find(objective::ROWS, &name)
            .map_or(Vec::new(), |r| r.params().iter().map(|p| p.name).collect());
        let mut given = Vec::new();
        for a in &mut c.args {
            if let Some(k) = &a.key {
                given.push(k.name.clone());
                visit(&paths(&k.name), Place::Expr(&mut a.value));
            }
        }
        for key in known.into_iter().filter(|k| !given.iter().any(|g| g == k)) {
            visit(&paths(key), Place::Argument(c, Some(key)));
        }
        c.args.iter_mut().filter(|a| a.key.is_none()).for_each(|a| self.of(&mut a.value, visit));
    }

    fn written(&mut self, w: &mut Written, visit: Visit<'_>) {
        match w {
            Written::Under(_, e) => self.of(e, visit),
            Written::Weights(k, Density { .. }, Density { .. }) => self.of(k, visit),
            Written::Divergence(_, _, args) => {
                for a in args {
                    match &a.key {
                        Some(k) => {
                            let path = format!("{}.{}", self.prefix, k.name);
                            visit(&[path], Place::Expr(&mut a.value));
                        }
                        None => self.of(&mut a.value, visit),
                    }
                }
            }
            Written::Entropy(_) | Written::Chain(..) => {}
        }
    }
}
