//! `agreement`: whether the judge of `eval { agreement(judge) }` sees in each sample the class that it was drawn with, and whether
//! it knows the class of real examples.

use crate::derive::lower::Ctx;
use crate::derive::nets::one_hot;
use crate::derive::program::Made;
use crate::derive::{Output, Program};
use crate::ir::{DType, ReduceKind, Scope};
use crate::types::Typed;

/// Both judgements of each example, 0 or 1. `None` where no judge is asked.
pub(super) fn program(typed: &Typed) -> Option<Made> {
    let a = typed.agreement.as_ref()?;
    let m = typed.models.get(a.model)?;
    let mut ctx = Ctx::new(typed, Program::Agreement, false);
    let vars = ctx.ancestral(a.model);
    let (sample, asked) = (vars.get(&a.sample).copied()?, vars.get(&a.class).copied()?);
    let (real, class) = (ctx.data(&a.sample), ctx.data(&a.class));
    ctx.cx.g.at = m.span;
    for (output, x, y) in [(Output::Agrees, sample, asked), (Output::Knows, real, class)] {
        let scores = ctx.net_on(a.judge, vec![x]).first().copied()?;
        let hot = one_hot(&mut ctx.cx, y, a.classes);
        let [scores, hot] = Scope::of(&mut ctx.cx.g).exs([scores, hot]);
        let (own, best) = ((scores * hot).sum(&[1]), scores.reduce(ReduceKind::Max, &[1]));
        let hit = own.ge(best).cast(DType::F).sum_event().v;
        ctx.output(output, hit);
    }
    Some(ctx.finish())
}
