//! How long the steps of a run take, by the places of the text that they come from.

use super::plan::{Plan, Unit};
use gmc_compiler::ir::graph::Graph;
use gmc_compiler::span::Span;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Time spent in the units of a plan, over all runs that were profiled.
#[derive(Debug, Default)]
pub struct Spent {
    units: Mutex<Vec<Duration>>,
    runs: AtomicU64,
}

impl Spent {
    /// Adds the time of one unit.
    pub fn add(&self, unit: usize, time: Duration) {
        let mut units = self.units.lock().unwrap_or_else(PoisonError::into_inner);
        if units.len() <= unit {
            units.resize(unit + 1, Duration::ZERO);
        }
        if let Some(slot) = units.get_mut(unit) {
            *slot += time;
        }
    }

    /// One run more is over.
    pub fn ran(&self) {
        self.runs.fetch_add(1, Ordering::Relaxed);
    }

    /// How many runs were profiled.
    pub fn runs(&self) -> u64 {
        self.runs.load(Ordering::Relaxed)
    }

    /// Time by node. That of a unit of several is shared out evenly among the nodes that it computes.
    pub fn by_node(&self, plan: &Plan) -> Vec<(usize, Duration)> {
        let units = self.units.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = Vec::new();
        for (time, unit) in units.iter().zip(&plan.units).filter(|(t, _)| !t.is_zero()) {
            match unit {
                Unit::Node(i) => found.push((*i, *time)),
                Unit::Fused(kernel) => {
                    let share = *time / u32::try_from(kernel.nodes.len().max(1)).unwrap_or(u32::MAX);
                    found.extend(kernel.nodes.iter().map(|i| (*i, share)));
                }
            }
        }
        found
    }
}

/// The place of a node.
pub fn place(graph: &Graph, node: usize) -> Span {
    graph.nodes.get(node).map_or(Span::default(), |n| n.span)
}
