//! Where a corrupted value may stand: as an input of a net or flow, and nowhere else.

use super::{Checker, TExpr, TKind, density};
use crate::diag::codes;
use crate::span::Span;

impl Checker<'_> {
    /// Reports every payoff, site and baseline that reads a corrupted value other than through a net or flow.
    pub(crate) fn corrupted(&mut self) {
        let payoffs = self.typed.train.players.iter().map(|p| &p.payoff);
        let sites = self.typed.models.iter().flat_map(|m| &m.sites).flat_map(density::expressions);
        let mut found: Vec<Span> = payoffs.chain(sites).filter_map(|e| self.bare(e)).collect();
        found.sort_by_key(|s| (s.file, s.start));
        found.dedup();
        self.diags.extend(found.into_iter().map(codes::e0218::no_input));
    }

    /// The first corruption in an expression that is no part of an input of a net or flow.
    fn bare(&self, e: &TExpr) -> Option<Span> {
        let any = |parts: &[&TExpr]| parts.iter().find_map(|p| self.bare(p));
        match &e.kind {
            TKind::Corrupt { args, .. } => Some(args.span),
            // What a critic is differentiated in is its input.
            TKind::Net { .. } | TKind::Flow { .. } | TKind::GradientPenalty { .. } => None,
            TKind::Grad { of, .. } => self.bare(of),
            TKind::Let(i) => self.typed.train.lets.get(*i).and_then(|(_, e)| self.bare(e)),
            TKind::Map { arg, .. } | TKind::Neg(arg) | TKind::Expect(arg) => self.bare(arg),
            TKind::Elbo { beta, .. } => self.bare(beta),
            TKind::Fn { args, .. } => args.iter().find_map(|a| self.bare(a)),
            TKind::Binary(_, a, b) => any(&[a, b]),
            TKind::LogProb { values, .. } => values.iter().find_map(|(_, v)| self.bare(v)),
            TKind::Const(_)
            | TKind::Schedule(_)
            | TKind::Data(_)
            | TKind::Sample(..)
            | TKind::Var(_)
            | TKind::Param(_) => None,
            TKind::Nll(_) | TKind::Kl { .. } | TKind::Iwae { .. } => None,
        }
    }
}
