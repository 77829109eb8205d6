//! `encode`: data to the hidden variables that stand for them.

use super::{Model, autoencoder};
use crate::derive::kl::{covering, preferred};
use crate::derive::lower::{Ctx, Draws, Posterior, Vars};
use crate::derive::program::Made;
use crate::derive::{Output, Program};
use crate::types::density::summable;
use crate::types::{Density, TModel, TSiteKind, Typed};

/// What stands for the data: what flows map them to, the posterior of what is summed over, what a guide proposes, or the code of an autoencoder.
pub(super) fn query(typed: &Typed, model: Option<Model<'_>>, program: Program) -> Result<Made, String> {
    let mut ctx = Ctx::new(typed, program, false);
    ctx.draws = Draws::Means;
    let Some((i, m)) = model else {
        net_code(&mut ctx)?;
        return Ok(ctx.finish());
    };
    match (&m.density, guide(typed, i)) {
        // What nets are trained to encode is the code; what is summed over has one where there is none.
        (Density::Exact { summed, .. }, _) if !summed.is_empty() && net_code(&mut ctx).is_ok() => {}
        (Density::Exact { .. }, _) => determined(&mut ctx, m),
        (Density::Latent(_) | Density::Implicit(_) | Density::Unobserved, Some(q)) => {
            proposed(&mut ctx, m, q)
        }
        (Density::Latent(_) | Density::Implicit(_) | Density::Unobserved, None) => {}
    }
    if !ctx.cx.outputs.is_empty() {
        return Ok(ctx.finish());
    }
    // Nets may encode what the model does not.
    match (net_code(&mut ctx), &m.density) {
        (Ok(()), _) => Ok(ctx.finish()),
        (Err(why), Density::Unobserved) => Err(why),
        (Err(_), Density::Exact { .. }) => Err(NOTHING.into()),
        (Err(_), Density::Latent(_) | Density::Implicit(_)) => match guide(typed, i) {
            Some(_) => Err(NOTHING.into()),
            None => Err(format!("`{}` has no guide: nothing maps data back to what they came from", m.name)),
        },
    }
}

/// Why a model whose hidden variables nothing tells has no code.
const NOTHING: &str = "no hidden variable of the model is proposed by a guide or determined by the data";

/// The guide that proposes hidden sites of a model: one that covers all that is open, where there is one.
pub(super) fn guide(typed: &Typed, model: usize) -> Option<usize> {
    let m = typed.models.get(model)?;
    let hidden = |g: &TModel| g.sites.iter().any(|s| m.fitting(s).is_some_and(|o| !o.observed));
    covering(typed, model).or_else(|| preferred(typed, hidden))
}

/// The code of an autoencoder among the payoffs.
fn net_code(ctx: &mut Ctx<'_>) -> Result<(), String> {
    let code = autoencoder::find(ctx.typed)?.code;
    let code = code.ok_or("no net of this spec encodes the data")?;
    let v = ctx.payoff(code);
    ctx.output(Output::Code("code".into()), v);
    Ok(())
}

/// The draws that the data determine, once the discrete sites that are summed over have their most probable values.
fn determined(ctx: &mut Ctx<'_>, m: &TModel) {
    let mut vars = ctx.observed(m);
    let posterior = with_modes(ctx, m, &mut vars);
    ctx.solve(m, &mut vars);
    hidden(ctx, m, &vars, &posterior);
}

/// What guide `q` proposes for the model's sites, and what is summed over, given these.
fn proposed(ctx: &mut Ctx<'_>, m: &TModel, q: usize) {
    let from = ctx.ancestral(q);
    for s in &ctx.model(q).sites {
        if let (Some(_), Some(v)) = (m.fitting(s), from.get(&s.name)) {
            ctx.output(Output::Code(s.name.clone()), *v);
        }
    }
    for p in left_open(ctx, (m, q), &from) {
        ctx.output(Output::Code(p.site.clone()), p.mode);
        ctx.output(Output::Posterior(p.site), p.probabilities);
    }
}

/// Gives hidden sites of a model the values that guide `q` proposes.
pub(super) fn proposals(ctx: &Ctx<'_>, (m, q): (&TModel, usize), from: &Vars, vars: &mut Vars) {
    for s in &ctx.model(q).sites {
        if let (Some(of), Some(v)) = (m.fitting(s), from.get(&s.name))
            && !of.observed
        {
            vars.insert(s.name.clone(), *v);
        }
    }
}

/// The posterior of the discrete sites that guide `q` leaves out, given the data and what it proposes.
pub(super) fn left_open(ctx: &mut Ctx<'_>, (m, q): (&TModel, usize), from: &Vars) -> Vec<Posterior> {
    let mut known: Vec<String> = m.sites.iter().filter(|s| s.observed).map(|s| s.name.clone()).collect();
    known.extend(ctx.model(q).sites.iter().filter(|s| m.fitting(s).is_some()).map(|s| s.name.clone()));
    // Data are read only where something is left to say.
    if summable(m, &known).is_empty() {
        return Vec::new();
    }
    let mut vars = ctx.observed(m);
    proposals(ctx, (m, q), from, &mut vars);
    ctx.posterior(m, &vars)
}

/// Gives the discrete sites that are summed over their most probable values given `vars`; their posterior.
pub(super) fn with_modes(ctx: &mut Ctx<'_>, m: &TModel, vars: &mut Vars) -> Vec<Posterior> {
    let posterior = ctx.posterior(m, vars);
    vars.extend(posterior.iter().map(|p| (p.site.clone(), p.mode)));
    posterior
}

/// Gives out the hidden draws of a model.
fn hidden(ctx: &mut Ctx<'_>, m: &TModel, vars: &Vars, posterior: &[Posterior]) {
    for s in m.sites.iter().filter(|s| !s.observed) {
        if let (TSiteKind::Draw(_), Some(v)) = (&s.kind, vars.get(&s.name)) {
            ctx.output(Output::Code(s.name.clone()), *v);
        }
    }
    for p in posterior {
        ctx.output(Output::Posterior(p.site.clone()), p.probabilities);
    }
}
