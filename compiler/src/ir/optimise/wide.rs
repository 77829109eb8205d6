//! Rules for formulas in f64.

use super::Rewriter;
use crate::ir::graph::Value;
use crate::ir::op::{Op, Wide, WideStep};
use crate::ir::shape::{DType, Shape, Ty};

impl Rewriter {
    /// What is constant, repeated or not read goes out of the arguments and into the formula.
    pub(in crate::ir) fn wide(&mut self, op: &Wide, args: &[Value], ty: &Ty) -> Option<Value> {
        let small: Vec<Value> = args.iter().map(|&a| self.as_broadcast(a).unwrap_or(a)).collect();
        let constants: Vec<Option<f64>> = small.iter().map(|&a| self.out.constant(a)).collect();
        let unread = (0..args.len()).any(|i| !op.steps.contains(&WideStep::Arg(i)));
        if small == args && constants.iter().all(Option::is_none) && !unread {
            return None;
        }
        let (simple, read) = op.with_constants(&constants);
        let rest: Vec<Value> = read.iter().filter_map(|&i| small.get(i).copied()).collect();
        let v = match (simple.steps.as_slice(), rest.first()) {
            // A constant that is no number is left where it is seen.
            (&[WideStep::Number(c)], _) if c.is_nan() => return None,
            (&[WideStep::Number(c)], _) => self.konst(c, DType::F, Shape::scalar()),
            (&[WideStep::Arg(_)], Some(&v)) => v,
            (_, _) => self.emit(Op::Wide(simple), &rest),
        };
        Some(self.shaped(v, &ty.shape))
    }
}
