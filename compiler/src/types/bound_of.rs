//! Which sites a bound is about: one answer for objectives that are written out and for what is said about derived ones.

use super::factor::depends_on;
use super::{TModel, TSiteKind};

/// The data of a model, in its order.
pub fn data(m: &TModel) -> Vec<String> {
    m.sites.iter().filter(|s| s.observed).map(|s| s.name.clone()).collect()
}

/// The sites of a model that a guide proposes, in the model's order.
pub fn latent(m: &TModel, g: &TModel) -> Vec<String> {
    let proposed = |n: &str| g.sites.iter().any(|s| s.name == n && m.proposed(s).is_some());
    m.sites.iter().filter(|s| !s.observed && proposed(&s.name)).map(|s| s.name.clone()).collect()
}

/// What the density of some sites of a model depends on: data, conditions, and sites that the guide proposes.
pub fn given(m: &TModel, g: &TModel, sites: &[String]) -> Vec<String> {
    let latent = latent(m, g);
    depends_on(m, sites, &|s| latent.contains(&s.name))
}

/// What the density of some sites of a guide depends on: conditions, and its other draws.
pub fn proposed_given(g: &TModel, sites: &[String]) -> Vec<String> {
    depends_on(g, sites, &|s| matches!(s.kind, TSiteKind::Draw(_)))
}

/// What the density of data of a model that has one depends on: conditions.
pub fn conditions(m: &TModel, sites: &[String]) -> Vec<String> {
    depends_on(m, sites, &|_| false)
}
