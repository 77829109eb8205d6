//! Layers and functions by which the examples of a minibatch depend on each other.

use super::{TKind, Typed};
use crate::rows::layer::ReadsBatch;
use crate::rows::{self, LayerRow};
use crate::span::Span;

/// What makes the examples of a minibatch depend on each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coupled {
    /// Its name: `batch_norm`.
    pub row: &'static str,
    /// Where it stands: the layer, or the net or flow around it.
    pub span: Span,
}

impl Typed {
    /// The first thing that makes the examples of a minibatch depend on each other: while training (`when` is
    /// [`ReadsBatch::Training`]), or whenever a payoff is computed ([`ReadsBatch::Always`]).
    pub fn coupled(&self, when: ReadsBatch) -> Option<Coupled> {
        let nets = self.nets.iter().filter_map(|n| {
            let row = self.reads_batch(&n.calls, when)?;
            let layer = n.chain.layers.iter().find(|l| l.checked.mixes_batch);
            Some(Coupled { row, span: layer.map_or(n.span, |l| l.span) })
        });
        let flows = self.flows.iter().filter_map(|f| {
            let row = self.reads_batch(&f.calls, when)?;
            Some(Coupled { row, span: f.span })
        });
        nets.chain(flows).next().or_else(|| self.coupled_in_payoffs())
    }

    /// The first function of a payoff that reads several examples.
    fn coupled_in_payoffs(&self) -> Option<Coupled> {
        let mut found = None;
        for p in &self.train.players {
            self.walk(&p.payoff, &mut |e| {
                if let TKind::Fn { row, .. } = &e.kind
                    && row.mixes_batch()
                {
                    found.get_or_insert(Coupled { row: row.name(), span: e.span });
                } else if let TKind::Others(_) = &e.kind {
                    found.get_or_insert(Coupled { row: "E'[..]", span: e.span });
                }
            });
        }
        found
    }

    /// The layer that reads other examples at least as often as `when` says, among what a body calls and what that calls in turn.
    pub(super) fn reads_batch(&self, calls: &[String], when: ReadsBatch) -> Option<&'static str> {
        calls.iter().find_map(|n| {
            let reads = |r: &&dyn LayerRow| r.reads_batch() >= when;
            let layer = rows::find(rows::layer::ROWS, n).filter(reads).map(|r| r.name());
            let of = |calls: &Vec<String>| self.reads_batch(calls, when);
            let net = || self.nets.iter().find(|t| t.name == *n).and_then(|t| of(&t.calls));
            let flow = || self.flows.iter().find(|t| t.name == *n).and_then(|t| of(&t.calls));
            layer.or_else(net).or_else(flow)
        })
    }
}
