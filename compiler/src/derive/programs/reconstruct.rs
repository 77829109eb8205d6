//! `reconstruct`: data through their code and back.

use super::encode::{guide, left_open, proposals, with_modes};
use super::{Model, autoencoder, density};
use crate::derive::lower::{Ctx, Draws, Vars};
use crate::derive::program::Made;
use crate::derive::{Output, Program};
use crate::types::{Density, TModel, TSiteKind, Typed};

/// The data as the model, given the posterior of what it sums over or what its guide proposes for them, or as an autoencoder gives them back.
pub(super) fn query(typed: &Typed, model: Option<Model<'_>>, program: Program) -> Result<Made, String> {
    let mut ctx = Ctx::new(typed, program, false);
    ctx.draws = Draws::Means;
    let Some((i, m)) = model else {
        net_output(&mut ctx)?;
        return Ok(ctx.finish());
    };
    match (&m.density, guide(typed, i)) {
        (Density::Exact { summed, .. }, _) if !summed.is_empty() && net_output(&mut ctx).is_ok() => {}
        (Density::Exact { summed, .. }, _) if !summed.is_empty() && !computed(m) => {
            let mut vars = ctx.observed(m);
            with_modes(&mut ctx, m, &mut vars);
            let given = m.sites.iter().filter(|s| s.observed).map(|s| s.name.as_str());
            given.for_each(|x| {
                vars.remove(x);
            });
            decode(&mut ctx, m, vars);
        }
        (Density::Exact { .. }, _) | (_, None) => match net_output(&mut ctx) {
            Ok(()) => {}
            // Where there is no model of data the nets are to blame.
            Err(why) if m.density == Density::Unobserved => return Err(why),
            Err(_) => return Err(without_guide(m)),
        },
        (_, Some(q)) => {
            let from = ctx.ancestral(q);
            let mut known = ctx.conditions(m);
            proposals(&ctx, (m, q), &from, &mut known);
            known.extend(left_open(&mut ctx, (m, q), &from).into_iter().map(|p| (p.site, p.mode)));
            decode(&mut ctx, m, known);
        }
    }
    if ctx.cx.outputs.is_empty() { Err(density::no_data(m)) } else { Ok(ctx.finish()) }
}

/// What an autoencoder among the payoffs makes of the data.
fn net_output(ctx: &mut Ctx<'_>) -> Result<(), String> {
    let of = autoencoder::find(ctx.typed)?;
    let v = autoencoder::estimate(ctx, &of);
    ctx.output(Output::Site(of.variable.into()), v);
    Ok(())
}

/// The model's data, given the values of hidden sites.
fn decode(ctx: &mut Ctx<'_>, m: &TModel, mut vars: Vars) {
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

/// Whether a model computes data rather than draw them.
fn computed(m: &TModel) -> bool {
    m.sites.iter().any(|s| s.observed && !matches!(s.kind, TSiteKind::Draw(_)))
}

/// Why a model without a guide reconstructs nothing.
fn without_guide(m: &TModel) -> String {
    match &m.density {
        Density::Exact { .. } if computed(m) => {
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
