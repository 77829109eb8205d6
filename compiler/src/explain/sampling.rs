//! What drawing the sites of an order does: what their nets read, what is kept between places, what it costs.

use crate::derive;
use crate::derive::kl::known;
use crate::ir::outline::Work;
use crate::ir::{Graph, Ty, schedule};
use crate::rows::{Chain, Field};
use crate::span::Span;
use crate::types::hidden_chain::{self, ChainSum};
use crate::types::{TDist, TModel, TOrder, TSiteKind, Typed, density};

/// A model with sites in an order.
pub struct Sampling<'t> {
    /// The model.
    pub model: &'t TModel,
    /// The sites.
    pub sites: Vec<Drawn<'t>>,
    /// Multiply-adds of products and convolutions of one draw.
    pub madds: u64,
    /// The same, where everything is computed anew at every place.
    pub without: u64,
}

/// A site in an order.
pub struct Drawn<'t> {
    /// The site.
    pub name: &'t str,
    /// Its order.
    pub order: &'t TOrder,
    /// What the parameter reads that reads least, at the place that reads least. `None` where none reads earlier places.
    pub reads: Option<Field>,
    /// What is kept from one place to the next.
    pub kept: Vec<Piece>,
    /// Products and convolutions that are computed for all places anew at each.
    pub whole: Vec<Piece>,
    /// Products of which the numbers of the place are computed, from all that they read.
    pub own: Vec<Piece>,
}

/// A value that a piece of the spec makes.
pub struct Piece {
    /// Its shape for one example, or the op that makes it.
    pub what: String,
    /// How many numbers it has for one example, or how many such ops there are.
    pub numbers: usize,
    /// The layer that makes it, as it is written.
    pub by: String,
    /// Where that stands.
    pub span: Span,
}

/// Of every model that has a site in an order.
pub fn of(typed: &Typed) -> Vec<Sampling<'_>> {
    typed.models.iter().filter(|m| !m.guide).filter_map(|m| of_model(typed, m)).collect()
}

fn of_model<'t>(typed: &'t Typed, model: &'t TModel) -> Option<Sampling<'t>> {
    let in_order = |kind: &'t TSiteKind| match kind {
        TSiteKind::Draw(d) => d.order.as_deref().map(|o| (d, o)),
        TSiteKind::Bind(_) | TSiteKind::Quantize(_) => None,
    };
    let ordered: Vec<_> =
        model.sites.iter().filter_map(|s| in_order(&s.kind).map(|(d, o)| (s, d, o))).collect();
    if ordered.is_empty() {
        return None;
    }
    let mut work = derive::work(typed, &model.name);
    let sites = ordered.into_iter().map(|(s, d, order)| {
        let at = work.iter().position(|(name, _)| *name == s.name);
        let of: Work = at.map(|i| work.swap_remove(i).1).unwrap_or_default();
        Drawn {
            name: &s.name,
            order,
            reads: reads(typed, d, order),
            kept: kept_of(&of, |span| maker(typed, span)),
            whole: each(&of.whole, |span| maker(typed, span)),
            own: each(&of.own, |span| maker(typed, span)),
        }
    });
    let sites = sites.collect();
    let cost = |g: Option<Graph>| g.map_or(0, |g| schedule::madds(&g, 1));
    let [madds, without] = [true, false].map(|by_place| cost(derive::sampler(typed, &model.name, by_place)));
    Some(Sampling { model, sites, madds, without })
}

/// A site in time that is drawn step by step.
pub struct InTime<'t> {
    /// The model.
    pub model: &'t TModel,
    /// The site.
    pub name: &'t str,
    /// How many of its times are drawn given others.
    pub steps: usize,
    /// Multiply-adds of products and convolutions of one draw from the model.
    pub madds: u64,
}

/// The chains of every model.
pub fn in_time(typed: &Typed) -> Vec<InTime<'_>> {
    let mut all = Vec::new();
    for model in typed.models.iter().filter(|m| !m.guide) {
        for s in &model.sites {
            let Some(time) = density::drawn(s).and_then(|d| d.time.as_ref()).filter(|t| t.chained()) else {
                continue;
            };
            let own = time.pieces.iter().zip(&time.reads_own).filter(|(_, own)| **own);
            let steps = own.map(|(t, _)| t.len()).sum();
            let madds = derive::sampler(typed, &model.name, true).map_or(0, |g| schedule::madds(&g, 1));
            all.push(InTime { model, name: &s.name, steps, madds });
        }
    }
    all
}

/// The chains of classes of every model that its density sums over.
pub fn summed(typed: &Typed) -> Vec<(&TModel, ChainSum)> {
    let of = |m: &TModel| hidden_chain::sums(m, &known(m, None));
    let models = typed.models.iter().filter(|m| !m.guide);
    models.flat_map(|m| of(m).into_iter().map(move |c| (m, c))).collect()
}

/// Ops by their tokens and the pieces of the spec that cause them, each op of a layer once; `by` says what is written there.
pub(super) fn each(ops: &[(&'static str, Span)], by: impl Fn(Span) -> String) -> Vec<Piece> {
    let mut all: Vec<Piece> = Vec::new();
    for (op, span) in ops {
        let piece = Piece { what: (*op).to_string(), numbers: 1, by: by(*span), span: *span };
        match all.iter_mut().find(|p| p.what == piece.what && p.span == piece.span) {
            Some(same) => same.numbers += 1,
            None => all.push(piece),
        }
    }
    all
}

/// What the parameter reads that leaves most out.
fn reads(typed: &Typed, d: &TDist, order: &TOrder) -> Option<Field> {
    let pixels: Vec<usize> = order.order.pixels().map(|a| a.size).collect();
    let of = |p| {
        let (reads, _) = typed.places_read(p)?;
        match pixels.as_slice() {
            &[.., h, w] => Some(reads.worst([h, w])),
            &[n] => Some(reads.field([0, n.saturating_sub(1)], [1, n])),
            [] => None,
        }
    };
    d.params.iter().flatten().filter_map(of).max_by_key(Field::unread)
}

/// What is kept between places; `by` says what is written where it is made.
pub(super) fn kept_of(work: &Work, by: impl Fn(Span) -> String) -> Vec<Piece> {
    let piece = |(ty, span): &(Ty, Span)| {
        let dims: Vec<usize> = ty.shape.0.iter().filter(|d| !d.batch).map(|d| d.n).collect();
        let what = crate::event::shape_text(&dims);
        Piece { what, numbers: dims.iter().product(), by: by(*span), span: *span }
    };
    work.kept.iter().map(piece).collect()
}

/// The layer of a net that stands there, as it is written.
fn maker(typed: &Typed, span: Span) -> String {
    let layer = typed.nets.iter().filter_map(|n| inside(&n.chain, span)).next();
    layer.unwrap_or_else(|| "what is drawn".to_string())
}

/// The innermost layer of a chain that stands there, as it is written.
pub(super) fn inside(chain: &Chain, span: Span) -> Option<String> {
    if span == Span::default() {
        return None;
    }
    let mut blocks = chain.layers.iter().flat_map(|l| l.checked.layer.blocks());
    let inner = blocks.find_map(|b| inside(b, span));
    inner.or_else(|| chain.layers.iter().find(|l| l.span.holds(span)).map(|l| l.text.clone()))
}
