//! `reconstruct`: data through their code and back.

use super::{Made, Model, autoencoder, density};
use crate::derive::lower::{Ctx, Draws};
use crate::derive::{Output, Program};
use crate::types::{Density, TModel, TSiteKind, Typed};

/// The data as the model, given what its guide proposes for them, or as an autoencoder gives them back.
pub(super) fn query(typed: &Typed, models: &[Model<'_>]) -> Result<Made, String> {
    let mut ctx = Ctx::new(typed, Program::Reconstruct, false);
    ctx.draws = Draws::Means;
    match models.first() {
        None if net_output(&mut ctx) => Ok(ctx.finish()),
        None => Err("no net of this spec maps the data to their own type".into()),
        Some((_, m)) => {
            let hidden = |g: &TModel| g.sites.iter().any(|s| m.fitting(s).is_some_and(|o| !o.observed));
            match typed.models.iter().position(|g| g.guide && hidden(g)) {
                Some(q) => {
                    decode(&mut ctx, m, q);
                    if ctx.cx.outputs.is_empty() { Err(density::no_data(m)) } else { Ok(ctx.finish()) }
                }
                None if net_output(&mut ctx) => Ok(ctx.finish()),
                None => Err(without_guide(m)),
            }
        }
    }
}

/// The output of an autoencoder among the payoffs; whether there is one.
fn net_output(ctx: &mut Ctx<'_>) -> bool {
    let Some(of) = autoencoder::find(ctx.typed) else { return false };
    let v = ctx.payoff(of.output);
    ctx.output(Output::Site(of.variable.into()), v);
    true
}

/// The model's data given what guide `q` proposes.
fn decode(ctx: &mut Ctx<'_>, m: &TModel, q: usize) {
    let from = ctx.ancestral(q);
    let mut vars = ctx.conditions(m);
    for s in &ctx.model(q).sites {
        if let (Some(of), Some(v)) = (m.fitting(s), from.get(&s.name))
            && !of.observed
        {
            vars.insert(s.name.clone(), *v);
        }
    }
    ctx.solve(m, &mut vars);
    for s in &m.sites {
        if !vars.contains_key(&s.name) {
            let v = ctx.site_value(s, &vars);
            vars.insert(s.name.clone(), v);
        }
        if let (true, Some(v)) = (s.observed, vars.get(&s.name)) {
            ctx.output(Output::Site(s.name.clone()), *v);
        }
    }
}

/// Why a model without a guide reconstructs nothing.
fn without_guide(m: &TModel) -> String {
    let computed = m.sites.iter().any(|s| s.observed && !matches!(s.kind, TSiteKind::Draw(_)));
    match &m.density {
        Density::Exact { .. } if computed => {
            "every datum is mapped to its base variable and back without loss: there is nothing to reconstruct".into()
        }
        Density::Exact { .. } => format!(
            "`{}` has the density of the data themselves, and no code of theirs to reconstruct them from",
            m.name
        ),
        Density::Latent(_) | Density::Implicit(_) | Density::Unobserved => {
            format!("`{}` has no guide that would encode the data", m.name)
        }
    }
}
