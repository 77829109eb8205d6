//! What the direction of a masked flow does that goes from coordinate to coordinate: what it keeps between them, what it costs.

use super::sampling::{Piece, each, inside, kept_of};
use crate::derive;
use crate::ir::schedule;
use crate::rows::Looped;
use crate::span::Span;
use crate::types::{TModel, Typed};

/// What of a model goes from coordinate to coordinate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A draw.
    Draw,
    /// The density of a datum.
    Density,
}

/// A model whose draws or densities go through flows from coordinate to coordinate.
pub struct Passes<'t> {
    /// The model.
    pub model: &'t TModel,
    /// Which of the two.
    pub asked: Asked,
    /// The layers that do, equal ones together.
    pub layers: Vec<Layer>,
    /// Multiply-adds of products of one draw, or of the density of one datum.
    pub madds: u64,
    /// The same, where everything is computed anew at every coordinate.
    pub without: u64,
}

/// A layer of a flow that goes from coordinate to coordinate.
pub struct Layer {
    /// As it is written.
    pub text: String,
    /// How many such layers there are.
    pub times: usize,
    /// How many coordinates it goes over.
    pub places: usize,
    /// What is kept from one coordinate to the next.
    pub kept: Vec<Piece>,
    /// Products that are computed for all coordinates anew at each.
    pub whole: Vec<Piece>,
    /// Products of which the numbers of the coordinate are computed, from all that they read.
    pub own: Vec<Piece>,
    span: Span,
}

/// Of every model: draws first, then densities.
pub fn of(typed: &Typed) -> Vec<Passes<'_>> {
    let models = typed.models.iter().filter(|m| !m.guide);
    models.flat_map(|m| [draws(typed, m), densities(typed, m)]).flatten().collect()
}

fn draws<'t>(typed: &'t Typed, model: &'t TModel) -> Option<Passes<'t>> {
    let layers = layers(typed, &derive::looped_draws(typed, &model.name))?;
    let cost = |by_place| derive::sampler(typed, &model.name, by_place).map_or(0, |g| schedule::madds(&g, 1));
    Some(Passes { model, asked: Asked::Draw, layers, madds: cost(true), without: cost(false) })
}

fn densities<'t>(typed: &'t Typed, model: &'t TModel) -> Option<Passes<'t>> {
    let (by_place, looped) = derive::scorer(typed, &model.name, true)?;
    let layers = layers(typed, &looped)?;
    let (anew, _) = derive::scorer(typed, &model.name, false)?;
    let [madds, without] = [by_place, anew].map(|g| schedule::madds(&g, 1));
    Some(Passes { model, asked: Asked::Density, layers, madds, without })
}

/// Equal loops together; `None` where there are none.
fn layers(typed: &Typed, looped: &[Looped]) -> Option<Vec<Layer>> {
    let mut all: Vec<Layer> = Vec::new();
    for l in looped {
        if let Some(same) = all.iter_mut().find(|a| a.span == l.span && a.places == l.places) {
            same.times += 1;
            continue;
        }
        all.push(Layer {
            text: written(typed, l.span),
            times: 1,
            places: l.places,
            kept: kept_of(&l.work, |span| by(typed, span)),
            whole: each(&l.work.whole, |span| by(typed, span)),
            own: each(&l.work.own, |span| by(typed, span)),
            span: l.span,
        });
    }
    (!all.is_empty()).then_some(all)
}

/// The layer of a flow that stands there, as it is written.
fn written(typed: &Typed, span: Span) -> String {
    let all = typed.flows.iter().flat_map(|f| &f.chain.layers);
    let mut here = all.filter(|l| l.span.holds(span));
    here.next().map_or_else(|| "a layer".to_string(), |l| l.text.clone())
}

/// The layer in the block of a flow's layer that stands there; of what is no layer of the block, what it appends.
fn by(typed: &Typed, span: Span) -> String {
    let all = typed.flows.iter().flat_map(|f| &f.chain.layers);
    let mut blocks = all.flat_map(|l| l.checked.bijection.blocks());
    blocks.find_map(|b| inside(b, span)).unwrap_or_else(|| "the appended layer".to_string())
}
