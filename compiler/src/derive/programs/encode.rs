//! `encode`: data to the hidden variables that stand for them.

use super::{Made, Model, autoencoder};
use crate::derive::lower::{Ctx, Draws};
use crate::derive::{Output, Program};
use crate::types::{Density, TModel, TSiteKind, Typed};

/// What stands for the data: what flows map them to, what a guide proposes, or the code of an autoencoder.
pub(super) fn query(typed: &Typed, models: &[Model<'_>]) -> Result<Made, String> {
    let mut ctx = Ctx::new(typed, Program::Encode, false);
    ctx.draws = Draws::Means;
    match models.first() {
        None if !net_code(&mut ctx) => return Err("no net of this spec encodes the data".into()),
        None => {}
        Some((_, m)) => {
            let proposes = |g: &TModel| g.guide && g.sites.iter().any(|s| m.fitting(s).is_some());
            match (&m.density, typed.models.iter().position(proposes)) {
                // What could be summed over has a code where a guide proposes one.
                (Density::Exact { summed, .. }, guide) if summed.is_empty() || guide.is_none() => {
                    determined(&mut ctx, m);
                }
                (_, Some(q)) => proposed(&mut ctx, m, q),
                (_, None) => {
                    return Err(format!(
                        "`{}` has no guide: nothing maps data back to what they came from",
                        m.name
                    ));
                }
            }
        }
    }
    if ctx.cx.outputs.is_empty() {
        return Err("no hidden variable of the model is proposed by a guide or determined by the data".into());
    }
    Ok(ctx.finish())
}

/// The code of an autoencoder among the payoffs; whether there is one.
fn net_code(ctx: &mut Ctx<'_>) -> bool {
    let Some(of) = autoencoder::find(ctx.typed) else { return false };
    let v = ctx.payoff(of.code);
    ctx.output(Output::Code("code".into()), v);
    true
}

/// The draws that the data determine; where there is none, the code of an autoencoder.
fn determined(ctx: &mut Ctx<'_>, m: &TModel) {
    let mut vars = ctx.observed(m);
    ctx.solve(m, &mut vars);
    for s in m.sites.iter().filter(|s| !s.observed) {
        if let (TSiteKind::Draw(_), Some(v)) = (&s.kind, vars.get(&s.name)) {
            ctx.output(Output::Code(s.name.clone()), *v);
        }
    }
    if ctx.cx.outputs.is_empty() {
        net_code(ctx);
    }
}

/// What guide `q` proposes for the model's sites.
fn proposed(ctx: &mut Ctx<'_>, m: &TModel, q: usize) {
    let vars = ctx.ancestral(q);
    for s in &ctx.model(q).sites {
        if let (Some(_), Some(v)) = (m.fitting(s), vars.get(&s.name)) {
            ctx.output(Output::Code(s.name.clone()), *v);
        }
    }
}
