//! `critics`: what the nets of a game that give one number say of data and of draws, so that people see how far they tell them apart.

use crate::derive::lower::Ctx;
use crate::derive::program::Made;
use crate::derive::{Output, Program};
use crate::types::{TExpr, TKind, Typed, text};

/// Every call of such a net in the payoffs, once. `None` where a spec is no game, or has no such net.
pub(super) fn program(typed: &Typed) -> Option<Made> {
    if typed.train.players.len() < 2 {
        return None;
    }
    let mut calls: Vec<&TExpr> = Vec::new();
    for p in &typed.train.players {
        typed.walk(&p.payoff, &mut |e| {
            let one = matches!(e.kind, TKind::Net { .. }) && e.batched && e.ty.shape.is_empty();
            if one && !calls.iter().any(|c| typed.same(c, e)) {
                calls.push(e);
            }
        });
    }
    if calls.is_empty() {
        return None;
    }
    let mut ctx = Ctx::new(typed, Program::Critics, false);
    for call in calls {
        let v = ctx.payoff(call);
        let name = Output::Says(text::plain(typed, call));
        if !ctx.cx.outputs.iter().any(|(n, _)| *n == name.to_string()) {
            ctx.output(name, v);
        }
    }
    Some(ctx.finish())
}
