//! The named parts of a payoff, which a run reports beside it.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one form of expression is asked for; all others are alike"
)]

use crate::derive::lower::Ctx;
use crate::derive::objective::lowering;
use crate::ir::Value;
use crate::rows::Row;
use crate::rows::objective::Elbo;
use crate::syntax::ast::BinOp;
use crate::types::{TExpr, TKind, TObjective, Typed, text};

/// The evidence lower bounds that a payoff holds, each with what stands behind ` of ` in the names of its parts: nothing of one alone, of several its model,
/// or its text where several are of one model.
pub fn bounds<'t>(typed: &'t Typed, payoff: &'t TExpr) -> Vec<(&'t TObjective, Option<String>)> {
    let mut found: Vec<(&TObjective, String)> = Vec::new();
    typed.walk(payoff, &mut |e| {
        if let TKind::Objective(o) = &e.kind
            && o.row.name() == Elbo.name()
        {
            found.push((o, text::plain(typed, e)));
        }
    });
    let model = |o: &TObjective| typed.models.get(o.model()).map(|m| m.name.clone());
    let twice = found.iter().any(|(o, _)| found.iter().filter(|(p, _)| p.model() == o.model()).count() > 1);
    let several = found.len() > 1;
    let named = |(o, text): (&'t TObjective, String)| {
        let name = if twice { None } else { model(o) };
        (o, several.then(|| name.unwrap_or(text)))
    };
    found.into_iter().map(named).collect()
}

/// The parts of a payoff, rank 0 each: the two halves of an ELBO, the summands of what the user wrote.
pub(super) fn terms(ctx: &mut Ctx<'_>, payoff: &TExpr) -> Vec<(String, Value)> {
    let mut out = Vec::new();
    let typed = ctx.typed;
    collect(ctx, payoff, (1.0, true), &bounds(typed, payoff), &mut out);
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
fn collect(
    ctx: &mut Ctx<'_>,
    e: &TExpr,
    (sign, top): (f64, bool),
    bounds: &[(&TObjective, Option<String>)],
    out: &mut Vec<(String, Value)>,
) {
    match &e.kind {
        TKind::Objective(o) if let Some(parts) = lowering(o.row).parts(ctx, o) => {
            let of = bounds.iter().find(|(b, _)| b.args.span == o.args.span).and_then(|(_, of)| of.as_ref());
            let named = |name: String| of.map_or(name.clone(), |of| format!("{name} of {of}"));
            out.extend(parts.into_iter().map(|(name, v)| (named(name), v)));
        }
        TKind::Binary(op @ (BinOp::Add | BinOp::Sub), a, b) => {
            collect(ctx, a, (sign, false), bounds, out);
            let flip = if *op == BinOp::Sub { -1.0 } else { 1.0 };
            collect(ctx, b, (sign * flip, false), bounds, out);
        }
        TKind::Neg(a) => collect(ctx, a, (-sign, false), bounds, out),
        _ if top => {}
        _ => {
            let v = ctx.payoff(e);
            let v = if sign < 0.0 { ctx.cx.neg(v) } else { v };
            let name = text::plain(ctx.typed, e);
            out.push((if sign < 0.0 { format!("-{name}") } else { name }, v));
        }
    }
}
