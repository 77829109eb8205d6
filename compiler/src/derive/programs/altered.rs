//! Programs that draw otherwise than the model says: at a temperature, or with the first values given.

use super::{complete, models, sample};
use crate::derive::program::{Altered, Program};
use crate::ir::Graph;
use crate::rows::distribution::temperature::has_temperature;
use crate::types::density::upstream;
use crate::types::{TModel, TSite, TSiteKind, Typed};

/// A program that draws, altered.
///
/// # Errors
/// A site without a temperature, a given site that is not drawn first, a program that draws nothing.
pub fn graph(typed: &Typed, program: &Program, how: &Altered) -> Result<Graph, String> {
    let model = |name: &str| models(typed).into_iter().find(|(_, m)| m.name == name);
    let found =
        if let Program::Sample(name) | Program::Complete(name) = program { model(name) } else { None };
    let Some(m) = found else { return Err("nothing is drawn".into()) };
    if how.temperature.is_some() {
        temperature(m.1)?;
    }
    for name in &how.given {
        given(m.1, name)?;
    }
    if let Program::Complete(_) = program {
        return complete::by(typed, m, how).map(|made| made.1);
    }
    Ok(sample::otherwise(typed, m, true, how).1)
}

/// Every draw must have a temperature.
fn temperature(m: &TModel) -> Result<(), String> {
    let without = |s: &TSite| match &s.kind {
        TSiteKind::Draw(d) => (!has_temperature(d.row)).then(|| (s.name.clone(), d.row.name())),
        TSiteKind::Bind(_) | TSiteKind::Quantize(_) => None,
    };
    match m.sites.iter().find_map(without) {
        None => Ok(()),
        Some((site, row)) => Err(format!(
            "`{site}` is drawn from `{row}`, which has neither logits to be divided by a temperature nor a scale to be multiplied by it"
        )),
    }
}

/// The data variables whose values may be given to draws from a model: what it is conditioned on, and what it draws first.
pub fn givable(m: &TModel) -> Vec<String> {
    let observed = m.sites.iter().filter(|s| s.observed && given(m, &s.name).is_ok());
    m.conds.iter().cloned().chain(observed.map(|s| s.name.clone())).collect()
}

/// What is given must be drawn before all that it depends on.
fn given(m: &TModel, name: &str) -> Result<(), String> {
    let Some(site) = m.site(name).filter(|s| s.observed) else {
        return Err(format!("`{}` has no data variable `{name}`", m.name));
    };
    let drawn = |s: &&TSite| s.name != site.name && matches!(s.kind, TSiteKind::Draw(_));
    if let Some(before) = upstream(m, name).into_iter().find(|s| drawn(s)) {
        return Err(format!(
            "`{name}` depends on `{}`, and what a value of `{name}` says about it is not known",
            before.name
        ));
    }
    match &site.kind {
        TSiteKind::Draw(_) => Ok(()),
        TSiteKind::Bind(_) | TSiteKind::Quantize(_) => Err(format!("`{name}` is computed, not drawn")),
    }
}
