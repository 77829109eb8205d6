//! `elbo(p, q, beta: .., free: .., form: ..)`: see `bound`.

use super::Lowering;
use crate::derive::bound::Form;
use crate::derive::lower::{Ctx, Vars};
use crate::ir::Value;
use crate::rows::objective::Elbo as Row;
use crate::types::TObjective;

/// How it is computed.
pub struct Elbo;

fn form(o: &TObjective) -> Form {
    Form { entropy: Row::entropy(&o.args), terms: Row::terms(&o.args) }
}

impl Lowering for Elbo {
    fn value(&self, ctx: &mut Ctx<'_>, o: &TObjective, vars: &Vars) -> Value {
        let parts = ctx.elbo(o.model(), o.guide(), form(o));
        let beta = match o.amount(Row::BETA.name) {
            Some(beta) => ctx.expr(beta, vars),
            None => {
                ctx.cx.g.at = o.args.span;
                ctx.cx.scalar(o.args.num(Row::BETA.name))
            }
        };
        ctx.elbo_value(o.guide(), &parts, beta, Row::free(&o.args))
    }

    /// Both halves.
    fn parts(&self, ctx: &mut Ctx<'_>, o: &TObjective) -> Option<Vec<(String, Value)>> {
        let parts = ctx.elbo(o.model(), o.guide(), form(o));
        let rec = ctx.reconstruction(&parts);
        let mut all = vec![("reconstruction".to_string(), ctx.mean_of_examples(rec))];
        for kl in &parts.kl {
            all.push((format!("kl[{}]", kl.of.name), ctx.mean_of_examples(kl.total)));
        }
        Some(all)
    }
}
