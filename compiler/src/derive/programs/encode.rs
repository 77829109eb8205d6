//! `encode`: data to the hidden variables that stand for them.

use super::{Model, autoencoder};
use crate::derive::kl::{covering, preferred};
use crate::derive::lower::{Ctx, Draws, Posterior, Vars};
use crate::derive::program::Made;
use crate::derive::{Output, Program};
use crate::ir::{Node, Op, Role, Scope, Value, grad};
use crate::types::density::summed_over;
use crate::types::{Density, TExpr, TKind, TModel, TSite, TSiteKind, Typed};

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
        (Density::Exact { .. }, _) => {
            determined(&mut ctx, m);
            if ctx.cx.outputs.is_empty() {
                last_state(&mut ctx, m);
            }
        }
        (Density::Latent(_) | Density::Implicit(_) | Density::Unobserved, Some(q)) => {
            proposed(&mut ctx, m, q);
            let guide = ctx.model(q);
            if guide.each.is_none() && !reads_data(&ctx) && !ctx.cx.outputs.is_empty() {
                return Err(format!(
                    "guide `{}` reads no data: what it proposes is the same whatever the datum is",
                    guide.name
                ));
            }
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
        (Err(_), Density::Exact { .. }) => Err(nothing(m).into()),
        (Err(_), Density::Latent(_) | Density::Implicit(_)) => match guide(typed, i) {
            Some(_) => Err(NOTHING.into()),
            None => Err(format!("`{}` has no guide: nothing maps data back to what they came from", m.name)),
        },
    }
}

/// Why a model whose hidden variables nothing tells has no code.
const NOTHING: &str = "no hidden variable of the model is proposed by a guide or determined by the data";

/// Why a model with an exact density has no code.
fn nothing(m: &TModel) -> &'static str {
    let ordered = |s: &TSite| matches!(&s.kind, TSiteKind::Draw(d) if d.order.is_some());
    match m.sites.iter().any(ordered) {
        true => {
            "no hidden variable stands for the data: they are drawn element by element, and the net that reads them keeps no state of a whole sequence"
        }
        false => NOTHING,
    }
}

/// Of a sequence that is drawn in an order by a net with features at every place: those at its last place, from which its last element is
/// drawn; they are made of all elements before it.
fn last_state(ctx: &mut Ctx<'_>, m: &TModel) {
    let mut vars = ctx.observed(m);
    // What the model computes of its conditions, the net may read.
    ctx.solve(m, &mut vars);
    for s in m.sites.iter().filter(|s| s.observed) {
        let TSiteKind::Draw(d) = &s.kind else { continue };
        let (Some(o), [length, ..]) = (&d.order, s.ty.shape.as_slice()) else { continue };
        if s.ty.shape.len() > 2 {
            continue;
        }
        let inner = ctx.with_earlier(o, &vars);
        let of_net = |p: &'_ TExpr| {
            if let TKind::Net { net, args, .. } = &p.kind { Some((*net, args.clone())) } else { None }
        };
        let nets = d.params.iter().flatten().filter_map(of_net);
        for (net, args) in nets {
            let Some(features) = ctx.features(net, &args, &inner) else { continue };
            let end = o.until.as_ref().map(|n| ctx.expr(n, &vars));
            let shape = ctx.cx.shape(features);
            if shape.rank() != 3 || shape.0.get(1).is_none_or(|d| d.n != *length) {
                continue;
            }
            let state = at_last(ctx, features, end, *length);
            ctx.output(Output::Code(format!("{}.state", s.name)), state);
            return;
        }
    }
}

/// `[B, k]` from `[B, T, k]`: at the last place, or at the last before the end of each example (0 where it is empty).
fn at_last(ctx: &mut Ctx<'_>, features: Value, end: Option<Value>, length: usize) -> Value {
    let s = Scope::of(&mut ctx.cx.g);
    let x = s.ex(features);
    let k = x.last_size();
    let Some(end) = end.map(|n| s.ex(n)) else { return x.slice(1, length.saturating_sub(1), 1).view(&[k]).v };
    let n = if end.rank() == 0 { end } else { end.view(&[1, 1]) };
    let place = s.literal((1..=length).map(|t| t as f64).collect(), &[1, length, 1]);
    place.eq(n).select(x, 0.0).sum(&[1]).view(&[k]).v
}

/// The guide that proposes hidden sites of a model: one that covers all that is open, where there is one.
pub(super) fn guide(typed: &Typed, model: usize) -> Option<usize> {
    let m = typed.models.get(model)?;
    let hidden = |g: &TModel| g.sites.iter().any(|s| m.fitting(s).is_some_and(|o| !o.observed));
    covering(typed, model).or_else(|| preferred(typed, model, hidden))
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

/// Whether anything that is given out depends on data.
fn reads_data(ctx: &Ctx<'_>) -> bool {
    let g = &ctx.cx.g;
    let is_data = |node: &Node| matches!(&node.op, Op::Input(input) if input.role == Role::Data);
    let data: Vec<Value> = g.iter().filter(|(_, node)| is_data(node)).map(|(v, _)| v).collect();
    ctx.cx.outputs.iter().any(|(_, v)| grad::reads(g, *v, &data).contains(&true))
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
    if summed_over(m, &known).is_empty() {
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
