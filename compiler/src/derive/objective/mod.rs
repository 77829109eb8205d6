//! How each objective of a payoff is computed, one file each; what it is called and what it takes is said by its row.

mod elbo;
mod gradient_penalty;
mod iwae;
mod kl;
mod nll;
mod noise_error;
mod orthogonal;

use super::lower::{Ctx, Vars};
use crate::ir::Value;
use crate::rows::objective::{self, ObjectiveRow};
use crate::types::TObjective;

/// The program of an objective.
pub trait Lowering: Sync {
    /// Its value, rank 0. `vars` are the values of the names around it.
    fn value(&self, ctx: &mut Ctx<'_>, o: &TObjective, vars: &Vars) -> Value;
    /// The parts of it that are reported in its place, rank 0 each; `None` where it is reported as a whole.
    fn parts(&self, _ctx: &mut Ctx<'_>, _o: &TObjective) -> Option<Vec<(String, Value)>> {
        None
    }
}

/// Every objective with its program.
const ALL: &[(&dyn ObjectiveRow, &dyn Lowering)] = &[
    (&objective::Nll, &nll::Nll),
    (&objective::Elbo, &elbo::Elbo),
    (&objective::Iwae, &iwae::Iwae),
    (&objective::Kl, &kl::Kl),
    (&objective::NoiseError, &noise_error::NoiseError),
    (&objective::GradientPenalty, &gradient_penalty::GradientPenalty),
    (&objective::Orthogonal, &orthogonal::Orthogonal),
];

/// How an objective is computed.
pub fn lowering(row: &dyn ObjectiveRow) -> &'static dyn Lowering {
    match ALL.iter().find(|(r, _)| r.name() == row.name()) {
        Some((_, lowering)) => *lowering,
        None => panic!("internal: nothing says how `{}` is computed", row.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_objective_has_a_program() {
        for row in objective::ROWS {
            lowering(*row);
        }
        assert_eq!(ALL.len(), objective::ROWS.len());
    }
}
