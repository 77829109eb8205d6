//! Where a corrupted value may stand: as an input of a net or flow, and nowhere else.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one form of expression is asked for; all others are alike"
)]

use super::{Checker, TExpr, TKind, density};
use crate::diag::codes;
use crate::span::Span;

impl Checker<'_> {
    /// Reports every payoff, site and baseline that reads a corrupted value other than through a net or flow.
    pub(crate) fn corrupted(&mut self) {
        let payoffs = self.typed.train.players.iter().map(|p| &p.payoff);
        let sites = self.typed.models.iter().flat_map(|m| &m.sites).flat_map(density::expressions);
        let mut found: Vec<Span> =
            payoffs.chain(&self.typed.values).chain(sites).filter_map(|e| self.bare(e)).collect();
        found.sort_by_key(|s| (s.file, s.start));
        found.dedup();
        self.diags.extend(found.into_iter().map(codes::e0218::no_input));
    }

    /// The first corruption in an expression that is no part of an input of a net or flow.
    fn bare(&self, e: &TExpr) -> Option<Span> {
        match &e.kind {
            TKind::Corrupt { args, .. } => Some(args.span),
            // What a critic is differentiated in is its input.
            TKind::Net { .. } | TKind::Flow { .. } => None,
            TKind::Grad { of, .. } => self.bare(of),
            _ => self.typed.children(e).into_iter().find_map(|e| self.bare(e)),
        }
    }
}
