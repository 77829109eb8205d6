//! `kl.MODEL`: what a guide says about latent sites beyond their prior, where the data have no density that would bound it.

use crate::derive::kl::{Unit, covering};
use crate::derive::lower::Ctx;
use crate::derive::program::Made;
use crate::derive::{Output, Program};
use crate::rows::objective::{Demand, Terms};
use crate::types::{Density, TKind, Typed};

/// The KL of each latent site that a goal writes out, `kl(q, p)`. `None` where no goal does, or the bound has it.
pub(super) fn program(typed: &Typed) -> Option<Made> {
    let mut asked = None;
    for p in &typed.train.players {
        typed.walk(&p.payoff, &mut |e| {
            if let TKind::Objective(o) = &e.kind
                && o.row.demands() == Demand::Latent
            {
                asked.get_or_insert((o.model(), o.guide()));
            }
        });
    }
    let (p, q) = asked?;
    let m = typed.models.get(p)?;
    let first = typed.models.iter().position(|m| !m.guide) == Some(p);
    if first && matches!(m.density, Density::Latent(_)) && covering(typed, p).is_some() {
        return None;
    }
    let mut ctx = Ctx::new(typed, Program::Kl(m.name.clone()), false);
    for kl in ctx.latent_kl(p, q, Terms::Auto) {
        match (kl.of.unit, kl.each) {
            (Unit::Dimension | Unit::Vector, Some(each)) => ctx.output(Output::KlDim(kl.of.name), each),
            (Unit::Dimension | Unit::Vector | Unit::Site, _) => {
                ctx.output(Output::KlSite(kl.of.name), kl.total)
            }
            (Unit::Nothing, _) => {}
        }
    }
    (!ctx.cx.outputs.is_empty()).then(|| ctx.finish())
}
