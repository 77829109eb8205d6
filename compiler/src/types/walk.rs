//! Expressions inside expressions: the one place that knows where each form of expression holds others.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one form of expression is asked for; all others are alike"
)]

use super::{TExpr, TKind, Typed};

impl TExpr {
    /// The expressions directly inside it, in the order of the text. What a `let` of the train block stands for is none of them: see
    /// [`Typed::children`].
    pub fn children(&self) -> Vec<&TExpr> {
        match &self.kind {
            TKind::Net { args, .. } | TKind::Fn { args, .. } => args.iter().collect(),
            TKind::Flow { arg, given, .. } => std::iter::once(&**arg).chain(given).collect(),
            TKind::Map { arg, .. } | TKind::Neg(arg) | TKind::Expect(arg) | TKind::Corrupt { arg, .. } => {
                vec![arg]
            }
            TKind::Others(arg) | TKind::Another(arg) => vec![arg],
            TKind::Kept(k) => vec![&k.arg],
            TKind::Objective(o) => o.children(),
            TKind::Binary(_, a, b) | TKind::Grad { of: a, at: b } => vec![a, b],
            TKind::At(of, _) => vec![of],
            TKind::Along(pieces) => pieces.iter().map(|p| &p.value).collect(),
            TKind::LogProb { values, .. } => values.iter().map(|(_, v)| v).collect(),
            TKind::Const(_)
            | TKind::Schedule(_)
            | TKind::Data(_)
            | TKind::Sample(..)
            | TKind::Var(_)
            | TKind::Before(..)
            | TKind::Time(_)
            | TKind::Param(_)
            | TKind::Let(_) => Vec::new(),
        }
    }

    /// Visits it and everything inside it.
    pub fn walk<'a>(&'a self, f: &mut dyn FnMut(&'a TExpr)) {
        f(self);
        for e in self.children() {
            e.walk(f);
        }
    }
}

impl Typed {
    /// The expressions directly inside an expression, and what a `let` of the train block stands for.
    pub fn children<'a>(&'a self, e: &'a TExpr) -> Vec<&'a TExpr> {
        match e.kind {
            TKind::Let(i) => vec![&self.bound(i).1],
            _ => e.children(),
        }
    }

    /// Visits an expression and everything inside it, what lets of the train block stand for included.
    pub fn walk<'a>(&'a self, e: &'a TExpr, f: &mut dyn FnMut(&'a TExpr)) {
        f(e);
        for c in self.children(e) {
            self.walk(c, f);
        }
    }
}
