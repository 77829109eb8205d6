//! `sample.MODEL`: draws from a model.

use super::Model;
use crate::derive::lower::Ctx;
use crate::derive::program::{Altered, Made};
use crate::derive::{Answer, Output, Program};
use crate::ir::Scope;
use crate::ir::outline::Work;
use crate::rows::Looped;
use crate::rows::data::PRESENT;
use crate::types::{TModel, TSite, Typed};

/// Every site of a model, and what stands for those that are data where they are shown.
pub(super) fn program(typed: &Typed, m: Model<'_>) -> Made {
    by(typed, m, true)
}

/// The same, with sites in an order drawn by what each place needs or by everything at each place.
pub(super) fn by(typed: &Typed, m: Model<'_>, by_place: bool) -> Made {
    let mut ctx = Ctx::new(typed, Program::Sample(m.1.name.clone()), false);
    ctx.cx.by_place = by_place;
    drawn(ctx, m)
}

/// The same with draws that are made otherwise; what is given may depend on what is `hidden` behind it, in this `part` of the model. Cells that are missing in what is given are drawn.
pub(super) fn otherwise(
    typed: &Typed,
    (i, m): Model<'_>,
    how: &Altered,
    (part, hidden): (&TModel, &[String]),
) -> Made {
    let mut ctx = Ctx::new(typed, Program::Sample(m.name.clone()), false);
    ctx.cx.by_place = true;
    ctx.temperature = how.temperature;
    ctx.truncation = how.truncation;
    let mut known = ctx.conditions(m);
    for site in &how.given {
        let v = ctx.data(site);
        known.insert(site.clone(), v);
    }
    known.extend(ctx.drawn_given(part, &known, hidden));
    let missing = |s: &TSite| {
        let mut variables = typed.data.iter().flat_map(|d| &d.vars);
        how.given.contains(&s.name) && variables.any(|v| v.name == s.name && v.cells.missing)
    };
    let mut vars = ctx.conditions(m);
    for s in &m.sites {
        let v = match known.get(&s.name).copied() {
            Some(v) if missing(s) => {
                let drawn = ctx.site_value(s, &vars);
                let g = Scope::of(&mut ctx.cx.g);
                g.ex(v).gt(PRESENT).select(g.ex(v), g.ex(drawn)).v
            }
            Some(v) => v,
            None => ctx.site_value(s, &vars),
        };
        ctx.set_sample(&m.name, &s.name, v);
        vars.insert(s.name.clone(), v);
    }
    drawn(ctx, (i, m))
}

/// All sites, those that have values and those that have none yet.
fn drawn(mut ctx: Ctx<'_>, (i, m): Model<'_>) -> Made {
    let vars = ctx.ancestral(i);
    for s in &m.sites {
        if let Some(v) = vars.get(&s.name) {
            ctx.output(Output::Site(s.name.clone()), *v);
        }
        if let (true, Some(mean)) = (s.observed, ctx.mean_of(s, &vars)) {
            ctx.output(Output::Mean(s.name.clone()), mean);
        }
    }
    ctx.finish()
}

/// What drawing each site in an order does at each of its places.
pub(super) fn work(typed: &Typed, (i, m): Model<'_>) -> Vec<(String, Work)> {
    let mut ctx = Ctx::new(typed, Program::Sample(m.name.clone()), false);
    ctx.ancestral(i);
    ctx.work
}

/// What the loops of flows do when the model is drawn from.
pub(super) fn looped(typed: &Typed, (i, m): Model<'_>) -> Vec<Looped> {
    let mut ctx = Ctx::new(typed, Program::Sample(m.name.clone()), false);
    ctx.ancestral(i);
    ctx.cx.looped
}

/// The program that draws from a model; a spec without one has none.
pub(super) fn query(model: Option<Model<'_>>) -> Result<Answer, String> {
    match model {
        None => {
            Err("this spec has no `model`: its nets map data to data and say nothing about how data arise"
                .into())
        }
        Some((_, m)) => Ok(Answer::of(Program::Sample(m.name.clone()))),
    }
}
