//! The named parts of a payoff, which a run reports beside it.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one form of expression is asked for; all others are alike"
)]

use crate::derive::lower::Ctx;
use crate::derive::objective::lowering;
use crate::ir::Value;
use crate::syntax::ast::BinOp;
use crate::types::{TExpr, TKind, text};

/// The parts of a payoff, rank 0 each: the two halves of an ELBO, the summands of what the user wrote.
pub(super) fn terms(ctx: &mut Ctx<'_>, payoff: &TExpr) -> Vec<(String, Value)> {
    let mut out = Vec::new();
    collect(ctx, payoff, 1.0, true, &mut out);
    // What is written twice is one part, both together.
    let mut parts: Vec<(String, Value)> = Vec::new();
    for (name, v) in out {
        match parts.iter_mut().find(|(n, _)| *n == name) {
            Some((_, sum)) => *sum = ctx.cx.g.add(*sum, v),
            None => parts.push((name, v)),
        }
    }
    parts
}

/// `top` holds for the payoff itself, which is no part.
fn collect(ctx: &mut Ctx<'_>, e: &TExpr, sign: f64, top: bool, out: &mut Vec<(String, Value)>) {
    match &e.kind {
        TKind::Objective(o) if let Some(parts) = lowering(o.row).parts(ctx, o) => {
            for (name, v) in parts {
                // Of two bounds each part says of which it is.
                let taken = out.iter().any(|(n, _)| *n == name);
                let name = if taken { format!("{name} of {}", text::plain(ctx.typed, e)) } else { name };
                out.push((name, v));
            }
        }
        TKind::Binary(op @ (BinOp::Add | BinOp::Sub), a, b) => {
            collect(ctx, a, sign, false, out);
            let flip = if *op == BinOp::Sub { -1.0 } else { 1.0 };
            collect(ctx, b, sign * flip, false, out);
        }
        TKind::Neg(a) => collect(ctx, a, -sign, false, out),
        _ if top => {}
        _ => {
            let v = ctx.payoff(e);
            let v = if sign < 0.0 { ctx.cx.neg(v) } else { v };
            let name = text::plain(ctx.typed, e);
            out.push((if sign < 0.0 { format!("-{name}") } else { name }, v));
        }
    }
}
