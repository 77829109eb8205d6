//! Whether two expressions are the same one: written alike, whatever names `let`s and arguments of a `fn` gave to their parts.

use super::{TExpr, TKind, TObjective, TSubject, Typed};
use crate::rows::args::Args;

impl Typed {
    /// Whether two expressions are the same one. Nothing is rearranged: `x * 2` is not `2 * x`.
    pub fn same(&self, a: &TExpr, b: &TExpr) -> bool {
        let (a, b) = (self.named(a), self.named(b));
        std::ptr::eq(a, b) || a.ty == b.ty && self.same_kind(&a.kind, &b.kind)
    }

    /// What an expression stands for, where it is the name of a `let`.
    fn named<'a>(&'a self, e: &'a TExpr) -> &'a TExpr {
        match self.children(e).first() {
            Some(x) if matches!(e.kind, TKind::Let(_)) => self.named(x),
            Some(_) | None => e,
        }
    }

    #[expect(clippy::too_many_lines, reason = "one match over all forms")]
    fn same_kind(&self, a: &TKind, b: &TKind) -> bool {
        match (a, b) {
            (TKind::Const(a), TKind::Const(b)) => a == b,
            (TKind::Schedule(a), TKind::Schedule(b)) => a == b || self.same_schedule(*a, *b),
            (TKind::Param(a), TKind::Param(b)) => a == b,
            (TKind::Data(a), TKind::Data(b)) | (TKind::Var(a), TKind::Var(b)) => a == b,
            (TKind::Sample(m, s), TKind::Sample(n, t)) | (TKind::Before(m, s), TKind::Before(n, t)) => {
                m == n && s == t
            }
            (TKind::Time(a), TKind::Time(b)) => a == b,
            (TKind::At(a, p), TKind::At(b, q)) => p == q && self.same(a, b),
            (TKind::Along(a), TKind::Along(b)) => {
                a.iter().map(|p| &p.times).eq(b.iter().map(|p| &p.times))
                    && self.all_same(a.iter().map(|p| &p.value), b.iter().map(|p| &p.value))
            }
            (TKind::Net { net, args, output }, TKind::Net { net: n, args: b, output: o }) => {
                net == n && output == o && self.all_same(args.iter(), b.iter())
            }
            (TKind::Flow { flow, arg, given }, TKind::Flow { flow: f, arg: b, given: g }) => {
                flow == f && self.same(arg, b) && self.all_same(given.iter(), g.iter())
            }
            (TKind::Map { row, args, arg }, TKind::Map { row: r, args: b, arg: x }) => {
                row.name() == r.name() && same_args(args, b) && self.same(arg, x)
            }
            (TKind::Fn { row, args }, TKind::Fn { row: r, args: b }) => {
                row.name() == r.name() && self.all_same(args.iter(), b.iter())
            }
            (TKind::Neg(a), TKind::Neg(b)) | (TKind::Expect(a), TKind::Expect(b)) => self.same(a, b),
            (TKind::Binary(op, a, b), TKind::Binary(o, x, y)) => {
                op == o && self.same(a, x) && self.same(b, y)
            }
            (TKind::Others(a), TKind::Others(b)) | (TKind::Another(a), TKind::Another(b)) => self.same(a, b),
            // Each has a memory of its own.
            (TKind::Kept(a), TKind::Kept(b)) => a.number == b.number,
            (TKind::Grad { of, at }, TKind::Grad { of: o, at: x }) => self.same(of, o) && self.same(at, x),
            (TKind::Objective(a), TKind::Objective(b)) => self.same_objective(a, b),
            (
                TKind::LogProb { model, values, targets },
                TKind::LogProb { model: m, values: v, targets: t },
            ) => {
                model == m
                    && targets == t
                    && values.iter().map(|(n, _)| n).eq(v.iter().map(|(n, _)| n))
                    && self.all_same(values.iter().map(|(_, x)| x), v.iter().map(|(_, x)| x))
            }
            (
                TKind::Corrupt { arg, row, args, schedules },
                TKind::Corrupt { arg: x, row: r, args: b, schedules: s },
            ) => row.name() == r.name() && schedules == s && same_args(args, b) && self.same(arg, x),
            (
                TKind::Const(_)
                | TKind::Schedule(_)
                | TKind::Param(_)
                | TKind::Data(_)
                | TKind::Var(_)
                | TKind::Before(..)
                | TKind::At(..)
                | TKind::Time(_)
                | TKind::Along(_)
                | TKind::Sample(..)
                | TKind::Let(_)
                | TKind::Net { .. }
                | TKind::Flow { .. }
                | TKind::Map { .. }
                | TKind::Fn { .. }
                | TKind::Neg(_)
                | TKind::Binary(..)
                | TKind::Expect(_)
                | TKind::LogProb { .. }
                | TKind::Objective(_)
                | TKind::Grad { .. }
                | TKind::Corrupt { .. }
                | TKind::Kept(_)
                | TKind::Others(_)
                | TKind::Another(_),
                _,
            ) => false,
        }
    }

    /// Whether two schedules have the same value at every moment.
    fn same_schedule(&self, a: usize, b: usize) -> bool {
        let all = self.schedules.get(a).zip(self.schedules.get(b));
        all.is_some_and(|(a, b)| a.row.name() == b.row.name() && same_args(&a.args, &b.args))
    }

    fn all_same<'a>(
        &self,
        a: impl ExactSizeIterator<Item = &'a TExpr>,
        b: impl ExactSizeIterator<Item = &'a TExpr>,
    ) -> bool {
        a.len() == b.len() && a.zip(b).all(|(a, b)| self.same(a, b))
    }

    fn same_objective(&self, a: &TObjective, b: &TObjective) -> bool {
        let subject = |(a, b): (&TSubject, &TSubject)| match (a, b) {
            (TSubject::Model(a), TSubject::Model(b)) | (TSubject::Guide(a), TSubject::Guide(b)) => a == b,
            (TSubject::Critic(a), TSubject::Critic(b)) => {
                a.net == b.net && self.all_same(a.given.iter(), b.given.iter())
            }
            (TSubject::Input(a), TSubject::Input(b)) => self.same(a, b),
            (TSubject::Model(_) | TSubject::Guide(_) | TSubject::Critic(_) | TSubject::Input(_), _) => false,
        };
        a.row.name() == b.row.name()
            && same_args(&a.args, &b.args)
            && a.amounts.iter().map(|(n, _)| n).eq(b.amounts.iter().map(|(n, _)| n))
            && self.all_same(a.amounts.iter().map(|(_, x)| x), b.amounts.iter().map(|(_, x)| x))
            && a.subjects.len() == b.subjects.len()
            && a.subjects.iter().zip(&b.subjects).all(subject)
    }
}

/// Whether two calls of a row have the same arguments, wherever they are written.
fn same_args(a: &Args, b: &Args) -> bool {
    let values = |a: &Args| a.values.iter().map(|(n, v, _)| (*n, v.clone())).collect::<Vec<_>>();
    values(a) == values(b)
}
