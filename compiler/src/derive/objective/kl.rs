//! `kl(q, p)`: the mean over the data of KL(q(z | x) || p(z)).

use super::Lowering;
use crate::derive::lower::{Ctx, Vars};
use crate::ir::Value;
use crate::rows::objective::{Elbo, Kl as Row};
use crate::types::TObjective;

/// How it is computed.
pub struct Kl;

impl Lowering for Kl {
    fn value(&self, ctx: &mut Ctx<'_>, o: &TObjective, _vars: &Vars) -> Value {
        let sites = Row::sites(&o.args);
        let counts =
            |name: &str| sites.as_ref().is_none_or(|all| name.split(',').any(|n| all.iter().any(|s| s == n)));
        let of = ctx.latent_kl(o.model(), o.guide(), Elbo::terms(&o.args));
        let kl: Vec<Value> = of.into_iter().filter(|k| counts(&k.of.name)).map(|k| k.total).collect();
        let total = ctx.total(&kl);
        ctx.mean_of_examples(total)
    }
}
