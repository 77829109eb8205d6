//! `nll(p)`: the mean of -log p(x).

use super::Lowering;
use crate::derive::lower::{Ctx, Vars};
use crate::ir::Value;
use crate::types::TObjective;

/// How it is computed.
pub struct Nll;

impl Lowering for Nll {
    fn value(&self, ctx: &mut Ctx<'_>, o: &TObjective, _vars: &Vars) -> Value {
        let l = ctx.log_likelihood(o.model());
        let m = ctx.mean_of_examples(l);
        ctx.cx.neg(m)
    }
}
