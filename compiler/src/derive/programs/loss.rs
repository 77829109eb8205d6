//! `loss`, `loss.corrupted`: the payoffs as they are measured.

use super::terms::terms;
use crate::derive::lower::Ctx;
use crate::derive::program::Made;
use crate::derive::{Output, Program};
use crate::types::{TKind, Typed, text};

/// Whether a payoff corrupts what it reads.
pub(super) fn corrupts(typed: &Typed) -> bool {
    let mut found = false;
    for p in &typed.train.players {
        typed.walk(&p.payoff, &mut |e| found |= matches!(e.kind, TKind::Corrupt { .. }));
    }
    found
}

/// The payoffs of all players, and what `eval { value(..) }` asks for. As [`Program::LossCorrupted`] on inputs as training sees them, and everything else as without.
pub(super) fn program(typed: &Typed, program: Program) -> Made {
    let corrupting = program == Program::LossCorrupted;
    let mut ctx = Ctx::new(typed, program, false);
    ctx.corrupting = corrupting;
    for p in &typed.train.players {
        let v = ctx.payoff(&p.payoff);
        ctx.output(Output::PayoffOf(p.name.clone()), v);
        let mut terms = terms(&mut ctx, &p.payoff);
        let mut calls = Vec::new();
        typed.walk(&p.payoff, &mut |e| {
            if let TKind::Fn { row, args } = &e.kind
                && !args.iter().any(|a| typed.mentions_another(a))
            {
                calls.push((*row, args));
            }
        });
        for (row, args) in calls {
            terms.extend(ctx.report(row, args));
        }
        for (name, v) in terms {
            let name = Output::Term(name).to_string();
            if !ctx.cx.outputs.iter().any(|(n, _)| *n == name) {
                ctx.cx.output(name, v);
            }
        }
    }
    for e in &typed.values {
        let name = Output::Term(text::plain(typed, e)).to_string();
        if !ctx.cx.outputs.iter().any(|(n, _)| *n == name) {
            let v = ctx.payoff(e);
            ctx.cx.output(name, v);
        }
    }
    ctx.finish()
}
