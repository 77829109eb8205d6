//! `log_prob.MODEL`, `bound.MODEL`: how probable the data are.

use super::Model;
use crate::derive::bound::Form;
use crate::derive::kl::{Unit, covering};
use crate::derive::lower::Ctx;
use crate::derive::program::Made;
use crate::derive::{NumberKind, Output, Program};
use crate::ir::Scope;
use crate::rows::Looped;
use crate::types::{Density, TModel, Typed};

/// The density of a model at the data, or its bound by a guide, and what kind of number it is.
pub(super) fn query(typed: &Typed, model: Option<Model<'_>>) -> Result<(Made, NumberKind), String> {
    let Some((i, m)) = model else {
        return Err(match super::models(typed).is_empty() {
            true => "this spec has no `model`, so no density is defined".into(),
            false => "no model of this spec observes data, so none has a density of them".into(),
        });
    };
    match &m.density {
        Density::Exact { dequantised: false, .. } => Ok((exact(typed, i, m), NumberKind::Exact)),
        Density::Exact { dequantised: true, .. } => Ok((exact(typed, i, m), NumberKind::LowerBound)),
        Density::Latent(u) => match covering(typed, i) {
            Some(q) => Ok((bound(typed, (i, m), q), NumberKind::LowerBound)),
            None => Err(format!(
                "`{}` is not determined by the data and no guide with a density proposes it",
                u.join("`, `")
            )),
        },
        Density::Implicit(x) => Err(format!(
            "`{x}` is computed by a net that cannot be inverted: the model has samples, but no density"
        )),
        Density::Unobserved => Err(no_data(m)),
    }
}

/// What is said of a model without data.
pub(super) fn no_data(m: &TModel) -> String {
    format!("no site of `{}` is a data variable", m.name)
}

/// The density itself.
fn exact(typed: &Typed, i: usize, m: &TModel) -> Made {
    by(typed, (i, m), true).0
}

/// The density of a model that has an exact one, with the loops of its flows by what each place needs or by everything at each place, and
/// what they do.
pub(super) fn by(typed: &Typed, (i, m): Model<'_>, by_place: bool) -> (Made, Vec<Looped>) {
    let mut ctx = Ctx::new(typed, Program::LogProb(m.name.clone()), false);
    ctx.cx.by_place = by_place;
    let l = ctx.log_likelihood(i);
    ctx.output(Output::LogProb, l);
    let looped = std::mem::take(&mut ctx.cx.looped);
    (ctx.finish(), looped)
}

/// The evidence lower bound with guide `q`, its parts, and one importance weight.
fn bound(typed: &Typed, (p, m): Model<'_>, q: usize) -> Made {
    let mut ctx = Ctx::new(typed, Program::Bound(m.name.clone()), false);
    let parts = ctx.elbo(p, q, Form::KL);
    let (rec, kl) = (ctx.reconstruction(&parts), ctx.total(&parts.kl_totals()));
    let [r, k] = Scope::of(&mut ctx.cx.g).exs([rec, kl]);
    let elbo = (r - k).v;
    let weight = ctx.log_weight(p, q);
    ctx.output(Output::Elbo, elbo);
    ctx.output(Output::LogWeight, weight);
    ctx.output(Output::Reconstruction, rec);
    ctx.output(Output::Kl, kl);
    for kl in parts.kl {
        match (kl.of.unit, kl.each) {
            (Unit::Dimension | Unit::Vector, Some(each)) => ctx.output(Output::KlDim(kl.of.name), each),
            (Unit::Dimension | Unit::Vector | Unit::Site, _) => {
                ctx.output(Output::KlSite(kl.of.name), kl.total)
            }
            (Unit::Nothing, _) => {}
        }
    }
    ctx.finish()
}
