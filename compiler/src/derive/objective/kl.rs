//! `kl(q, p)`: the mean over the data of KL(q(z | x) || p(z)).

use super::Lowering;
use crate::derive::lower::{Ctx, Vars};
use crate::ir::Value;
use crate::types::TObjective;

/// How it is computed.
pub struct Kl;

impl Lowering for Kl {
    fn value(&self, ctx: &mut Ctx<'_>, o: &TObjective, _vars: &Vars) -> Value {
        let kl: Vec<Value> = ctx.latent_kl(o.model(), o.guide()).into_iter().map(|k| k.total).collect();
        let total = ctx.total(&kl);
        ctx.cx.mean_all(total)
    }
}
