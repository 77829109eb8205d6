//! What a program costs by the places of the text that its operations come from.

use crate::ir::graph::{Graph, Node};
use crate::ir::op::Op;
use crate::ir::schedule::bytes;
use crate::span::Span;
use std::ops::AddAssign;

/// What operations cost in one run of a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// How often an operation runs: each once, those in a loop as often as it has iterations.
    pub operations: u64,
    /// Multiply-adds of matrix products and convolutions.
    pub madds: u64,
    /// Bytes that are read and written were each operation run by itself; those that run together in one loop read and write less.
    pub bytes: u64,
}

impl AddAssign for Cost {
    fn add_assign(&mut self, more: Cost) {
        self.operations = self.operations.saturating_add(more.operations);
        self.madds = self.madds.saturating_add(more.madds);
        self.bytes = self.bytes.saturating_add(more.bytes);
    }
}

/// The cost of every operation of one run at this batch, with its place, in order; the bodies of loops are taken apart.
pub fn costs(g: &Graph, batch: usize) -> Vec<(Span, Cost)> {
    let mut found = Vec::new();
    add(g, batch, 1, &mut found);
    found
}

/// Whether an operation computes or moves nothing: constants, what is handed in, and other views of the same elements.
fn free(op: &Op) -> bool {
    let leaf = matches!(op, Op::Input(_) | Op::Full(_) | Op::Literal(_) | Op::Count(_) | Op::LoopResult(_));
    leaf || matches!(op, Op::Reshape(_) | Op::Permute(_) | Op::Broadcast(_) | Op::Slice(_) | Op::Detach(_))
}

fn add(g: &Graph, batch: usize, times: u64, found: &mut Vec<(Span, Cost)>) {
    for node in &g.nodes {
        if let Op::Loop(l) = &node.op {
            add(&l.body, batch, times.saturating_mul(l.count as u64), found);
        } else if !free(&node.op) {
            found.push((node.span, cost(g, node, batch, times)));
        }
    }
}

fn cost(g: &Graph, node: &Node, batch: usize, times: u64) -> Cost {
    let tys: Vec<_> = node.args.iter().map(|a| g.ty(*a)).collect();
    let madds = node.op.rule().cost(&tys, &node.ty, batch);
    let read = node.args.iter().map(|a| bytes(g.node(*a), batch) as u64).fold(0, u64::saturating_add);
    let moved = read.saturating_add(bytes(node, batch) as u64);
    Cost { operations: times, madds: madds.saturating_mul(times), bytes: moved.saturating_mul(times) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::op::Role;
    use crate::ir::shape::Shape;

    /// By hand, at a batch of 5: `x W` has 5 · 3 · 2 multiply-adds and 4 (15 + 6 + 10) bytes, `exp` of it 4 (10 + 10).
    #[test]
    fn products_and_maps_by_hand() {
        let mut g = Graph::new("hand");
        let x = g.input("x", Role::Data, Shape::batched(&[3]));
        let w = g.input("w", Role::Param, Shape::fixed(&[3, 2]));
        let y = g.matmul(x, w);
        let z = g.exp(y);
        g.output("z", z);
        let found: Vec<Cost> = costs(&g, 5).into_iter().map(|(_, c)| c).collect();
        let product = Cost { operations: 1, madds: 30, bytes: 124 };
        assert_eq!(found, [product, Cost { operations: 1, madds: 0, bytes: 80 }]);
        let mut all = Cost::default();
        found.iter().for_each(|c| all += *c);
        assert_eq!(all, Cost { operations: 2, madds: 30, bytes: 204 });
    }
}
