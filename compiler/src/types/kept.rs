//! `average(e, 0.99)` and `replay(e, 50)`: what is kept of a value from one update to the next.

use super::consts::bind;
use super::expr::only_in_payoffs;
use super::scope::Scope;
use super::{Checker, Res, TExpr, TKind};
use crate::diag::codes;
use crate::event::Kind;
use crate::rows::Row;
use crate::rows::builtin::{Average, BuiltinRow, Replay};
use crate::span::Span;
use crate::syntax::ast::Call;

/// A value of which something is kept.
#[derive(Clone)]
pub struct TKept {
    /// What is kept.
    pub keep: Keep,
    /// Of what.
    pub arg: Box<TExpr>,
    /// Which memory of the spec it is, from 0.
    pub number: usize,
}

/// What is kept of a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Keep {
    /// Its average, with this decay.
    Average(f64),
    /// A pool of so many earlier values.
    Replay(usize),
}

impl Keep {
    /// As it is called.
    pub fn name(self) -> &'static str {
        match self {
            Keep::Average(_) => Average.name(),
            Keep::Replay(_) => Replay.name(),
        }
    }
    /// Its number as it is written.
    pub fn amount(self) -> String {
        match self {
            Keep::Average(decay) => decay.to_string(),
            Keep::Replay(size) => size.to_string(),
        }
    }
}

impl Checker<'_> {
    /// `average(e, 0.99)`, `replay(e, 50)`
    pub(super) fn kept_call(
        &mut self,
        row: &dyn BuiltinRow,
        c: &Call,
        span: Span,
        scope: &Scope,
    ) -> Res<TExpr> {
        only_in_payoffs(row.name(), "keeps something from one update to the next", span, scope)?;
        let Some((first, rest)) = c.args.split_first() else {
            return Err(codes::e0207::count(row.name(), c.span, 0, &["e"]).into());
        };
        let scope = scope.of_one(row.name());
        let arg = self.expr(&first.value, &scope)?;
        if let Kind::Class(_) = arg.ty.kind {
            return Err(codes::e0211::class_arithmetic(arg.span).into());
        }
        let args = bind(&self.consts, row.params(), &Call { args: rest.to_vec(), ..c.clone() })?;
        let averages = row.name() == Average.name();
        let keep = match averages {
            true => Keep::Average(Average::decay(&args)),
            false => Keep::Replay(Replay::size(&args)),
        };
        match (averages, arg.batched) {
            (true, true) => return Err(codes::e0228::average_of_examples(arg.span).into()),
            (false, false) => return Err(codes::e0228::nothing_to_replay(arg.span).into()),
            (true, false) | (false, true) => {}
        }
        let number = self.typed.train.kept;
        self.typed.train.kept += 1;
        let (ty, batched, origin) = (arg.ty.clone(), arg.batched, arg.origin);
        Ok(TExpr {
            kind: TKind::Kept(super::TKept { keep, arg: Box::new(arg), number }),
            ty,
            batched,
            span,
            origin,
        })
    }
}
