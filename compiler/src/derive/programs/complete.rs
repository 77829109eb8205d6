//! `complete.MODEL`: data of which some elements are given, and draws of the others.

use super::Model;
use crate::derive::lower::Ctx;
use crate::derive::program::{Altered, Made};
use crate::derive::{Output, Program};
use crate::types::{TModel, TSite, TSiteKind, Typed, density};

/// The sites that are drawn in an order and observed, each with its given elements as they are and the others drawn, given them all that
/// come earlier. What they are drawn from is data itself.
pub(super) fn query(typed: &Typed, model: Option<Model<'_>>) -> Result<Made, String> {
    let Some(m) = model else { return Err("this spec has no `model`".into()) };
    by(typed, m, &Altered::default())
}

/// The same with draws that are made otherwise.
pub(super) fn by(typed: &Typed, (i, m): Model<'_>, how: &Altered) -> Result<Made, String> {
    let sites: Vec<&TSite> = m.sites.iter().filter(|s| s.observed && ordered(s)).collect();
    if sites.is_empty() {
        return Err(match m.sites.iter().any(|s| s.observed) {
            true => unordered(m),
            false => super::density::no_data(m),
        });
    }
    for s in &sites {
        let hidden = density::upstream(m, &s.name)
            .into_iter()
            .find(|u| !u.observed && matches!(u.kind, TSiteKind::Draw(_)));
        if let Some(z) = hidden {
            return Err(format!(
                "`{}` is drawn from the hidden variable `{}`, and what a part of `{}` says about it is not known",
                s.name, z.name, s.name
            ));
        }
    }
    let mut ctx = Ctx::new(typed, Program::Complete(m.name.clone()), false);
    ctx.completing = true;
    ctx.temperature = how.temperature;
    ctx.first.clone_from(&how.first);
    for s in m.sites.iter().filter(|s| s.observed && !ordered(s)) {
        let v = ctx.data(&s.name);
        ctx.set_sample(&m.name, &s.name, v);
    }
    let vars = ctx.ancestral(i);
    for s in sites {
        if let Some(v) = vars.get(&s.name) {
            ctx.output(Output::Site(s.name.clone()), *v);
        }
    }
    Ok(ctx.finish())
}

fn ordered(s: &TSite) -> bool {
    match &s.kind {
        TSiteKind::Draw(d) => d.sequential(),
        TSiteKind::Bind(_) | TSiteKind::Quantize(_) => false,
    }
}

/// Why the rest of an example does not follow from a part of it.
fn unordered(m: &TModel) -> String {
    format!(
        "`{}` draws the elements of its data together, and has no distribution of some of them given others; a site in an order, `x[i in raster] ~ ..`, has one",
        m.name
    )
}
