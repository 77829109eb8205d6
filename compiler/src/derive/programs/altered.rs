//! Programs that draw otherwise than the model says: at a temperature, or with the first values given.

use super::behind::{behind, drawn};
use super::{complete, models, sample};
use crate::derive::lower::truncatable;
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
    if how.truncation.is_some() && !m.1.sites.iter().any(truncatable) {
        return Err(format!("`{}` draws no hidden variable from `Normal`", m.1.name));
    }
    if let Program::Complete(_) = program {
        for name in &how.given {
            given(m.1, name)?;
        }
        return complete::by(typed, m, how).map(|made| made.1);
    }
    let hidden = behind(m.1, &how.given)?;
    if let (Some(first), Some(_)) = (hidden.sites.first(), how.temperature.or(how.truncation)) {
        let what =
            if how.temperature.is_some() { "which has no temperature" } else { "and is not truncated" };
        return Err(format!("`{first}` is drawn as what is given makes it likely, {what}"));
    }
    Ok(sample::otherwise(typed, m, how, (&hidden.part, &hidden.sites)).1)
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

/// The data variables whose values may be given to draws from a model: what it is conditioned on, what it draws first, and single values that depend on
/// nothing but discrete sites that can be summed over.
pub fn givable(m: &TModel) -> Vec<String> {
    let may = |s: &&TSite| {
        let one = s.ty.shape.is_empty() && behind(m, std::slice::from_ref(&s.name)).is_ok();
        s.observed && (one || given(m, &s.name).is_ok())
    };
    m.conds.iter().cloned().chain(m.sites.iter().filter(may).map(|s| s.name.clone())).collect()
}

/// What is given must be drawn before all that it depends on.
fn given(m: &TModel, name: &str) -> Result<(), String> {
    let site = drawn(m, name)?;
    let other = |s: &&TSite| s.name != site.name && matches!(s.kind, TSiteKind::Draw(_));
    match upstream(m, name).into_iter().find(other) {
        None => Ok(()),
        Some(before) => Err(format!(
            "`{name}` depends on `{}`, and what a value of `{name}` says about it is not known",
            before.name
        )),
    }
}
