//! `noise_error(p, q)`: see `lower::noising`.

use super::Lowering;
use crate::derive::lower::{Ctx, Vars};
use crate::ir::Value;
use crate::rows::objective::Elbo;
use crate::types::TObjective;

/// How it is computed.
pub struct NoiseError;

impl Lowering for NoiseError {
    fn value(&self, ctx: &mut Ctx<'_>, o: &TObjective, _vars: &Vars) -> Value {
        let error = ctx.noise_errors(o.model(), o.guide(), Elbo::terms(&o.args));
        ctx.mean_of_examples(error)
    }
}
