//! The KL of a bound, latent site by latent site: which densities belong to which site, and whether they have parts by dimension.
//!
//! `KL(q(z | x) ‖ p(z))` of a site is the mean over the guide of `log q(z | x) - log p(z)`. Where guide and model both draw the site, and
//! every element of the draw has a density of its own, the difference has parts by dimension. Where a flow lies between draw and site, or
//! the prior is a sum over a discrete site, only their total means anything. This is decided here, from types alone, for what is computed
//! (`bound`) and for what is said about it (`math`).

mod value;

use crate::rows::distribution::kl::closed_form as kl_between;
use crate::types::noising::{self, Noising};
use crate::types::{TDist, TExpr, TKind, TModel, TSite, TSiteKind, Typed, density};
pub use value::Kl;
pub(super) use value::Known;

/// The finest parts of a site's KL that mean anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// One number for each element of the event.
    Dimension,
    /// One number for each vector, whose elements are drawn together: one-hot, on a simplex, correlated.
    Vector,
    /// One number in all.
    Site,
    /// None: the prior's density stands under one sum with densities of the data.
    Nothing,
}

/// The KL of one latent site, or of several whose densities stand under one sum.
#[derive(Clone, Debug, PartialEq)]
pub struct LatentKl {
    /// The model's site; several, joined by commas.
    pub name: String,
    /// The draws of the guide.
    pub draws: Vec<String>,
    /// The draws of the model whose densities belong to it: the site itself, or what a flow makes it of.
    pub priors: Vec<String>,
    /// Whether it has a closed form.
    pub closed: bool,
    /// Its parts.
    pub unit: Unit,
    /// How many dimensions it has, a vector whose elements are drawn together counting as one.
    pub size: usize,
}

/// The KL of every latent site that a guide draws, in the guide's order. With `entropy` none is in closed form.
pub fn plan(m: &TModel, g: &TModel, entropy: bool) -> Vec<LatentKl> {
    let latent = latent_sites(m, g);
    let mut all: Vec<LatentKl> = Vec::new();
    for s in &g.sites {
        let TSiteKind::Draw(q) = &s.kind else { continue };
        let made = density::stands_for(m, g, s);
        let prior =
            m.site(&made.name).and_then(drawn).filter(|_| latent.contains(&made.name) && made.name == s.name);
        let vector = q.row.vector() || prior.is_some_and(|p| p.row.vector());
        let noised = !entropy && known_chain(m, g, &s.name).is_some();
        let unit = match prior {
            Some(_) if noised => Unit::Site,
            Some(_) if vector => Unit::Vector,
            Some(_) => Unit::Dimension,
            None => Unit::Site,
        };
        let last = s.ty.shape.last().copied().unwrap_or(1).max(1);
        all.push(LatentKl {
            name: made.name.clone(),
            draws: vec![s.name.clone()],
            priors: Vec::new(),
            closed: !entropy
                && match noised {
                    true => prior.is_some_and(|p| kl_between(q.row, p.row).is_some()),
                    false => closed_form(m, g, s),
                },
            unit,
            size: if vector { s.ty.size() / last } else { s.ty.size() },
        });
    }
    // What is known without data is proposed, or follows from what is by running flows backwards.
    for p in &latent {
        let site = proposed_from(m, g, p);
        if let Some(k) = all.iter_mut().find(|k| Some(&k.name) == site.as_ref()) {
            k.priors.push(p.clone());
        }
    }
    // What a sum over discrete sites holds has no parts.
    let (summed, inside) = summed(m, g);
    let touched: Vec<usize> = all
        .iter()
        .enumerate()
        .filter(|(_, k)| k.priors.iter().any(|p| inside.contains(p)))
        .map(|(i, _)| i)
        .collect();
    if of_latents(&inside, &latent, &summed) {
        merge(&mut all, &touched, Unit::Site);
    } else {
        all.iter_mut()
            .filter(|k| k.priors.iter().any(|p| inside.contains(p)))
            .for_each(|k| k.unit = Unit::Nothing);
    }
    all.iter_mut().filter(|k| k.priors.is_empty()).for_each(|k| k.unit = Unit::Nothing);
    all
}

/// The chains of a guide whose marginals are known, by name.
pub fn noised<'g>(m: &TModel, g: &'g TModel) -> Vec<(String, Noising<'g>)> {
    let found = |s: &TSite| Some((s.name.clone(), known_chain(m, g, &s.name)?));
    g.sites.iter().filter_map(found).collect()
}

/// A chain whose marginals are known, and whose density in the model stands under no sum.
fn known_chain<'g>(m: &TModel, g: &'g TModel, name: &str) -> Option<Noising<'g>> {
    let chain = noising::of(m, g, name)?.ok()?;
    (!summed(m, g).1.iter().any(|n| n == name)).then_some(chain)
}

/// Joins some of the entries, in place of the first of them.
fn merge(all: &mut Vec<LatentKl>, which: &[usize], unit: Unit) {
    let Some((first, rest)) = which.split_first() else { return };
    let others: Vec<LatentKl> = rest.iter().rev().map(|i| all.remove(*i)).collect();
    let Some(k) = all.get_mut(*first) else { return };
    for o in others.into_iter().rev() {
        k.name = format!("{},{}", k.name, o.name);
        k.draws.extend(o.draws);
        k.priors.extend(o.priors);
        k.size += o.size;
    }
    k.unit = unit;
}

fn drawn(s: &TSite) -> Option<&TDist> {
    match &s.kind {
        TSiteKind::Draw(d) => Some(d),
        TSiteKind::Bind(_) | TSiteKind::Quantize(_) => None,
    }
}

/// Among the guides of which something holds one that a goal reads beside model `p`, else one that a goal reads, and of those the first by name: the
/// order of the text has no say.
pub fn preferred(typed: &Typed, p: usize, holds: impl Fn(&TModel) -> bool) -> Option<usize> {
    let (read, beside) = (typed.read_by_goals(), typed.read_beside(p));
    let some = typed.models.iter().enumerate().filter(|(_, g)| g.guide && holds(g));
    some.min_by_key(|(i, g)| (!beside.contains(i), !read.contains(i), g.name.clone())).map(|(i, _)| i)
}

/// The site proposed by a guide from which a latent draw of the model follows: itself, or what flows make of it.
pub fn proposed_from(m: &TModel, g: &TModel, prior: &str) -> Option<String> {
    let (mut at, mut seen) = (prior.to_string(), Vec::new());
    loop {
        if g.site(&at).is_some_and(|s| m.proposed(s).is_some()) {
            return Some(at);
        }
        seen.push(at.clone());
        let made = m.sites.iter().find(|s| match &s.kind {
            TSiteKind::Bind(e) | TSiteKind::Quantize(e) => {
                density::inverted(e) == Some(at.as_str()) && !seen.contains(&s.name)
            }
            TSiteKind::Draw(_) => false,
        })?;
        at = made.name.clone();
    }
}

/// The sites of a model that have values before a bound or density is evaluated: data, and what the guide proposes.
pub fn known(m: &TModel, g: Option<&TModel>) -> Vec<String> {
    let data = m.sites.iter().filter(|s| s.observed).map(|s| s.name.clone());
    data.chain(g.iter().flat_map(|g| &g.sites).filter(|s| m.proposed(s).is_some()).map(|s| s.name.clone()))
        .collect()
}

/// The discrete sites that a bound sums over because the guide leaves them out, and the drawn sites whose densities stand under that sum.
pub fn summed(m: &TModel, g: &TModel) -> (Vec<String>, Vec<String>) {
    let known = known(m, Some(g));
    let summed = density::summed_over(m, &known);
    let inside = density::reached(m, &summed, &known);
    (summed, inside)
}

/// Whether a sum over discrete sites holds the densities of latent sites only, so that it belongs to the KL.
pub fn of_latents(inside: &[String], latent: &[String], summed: &[String]) -> bool {
    inside.iter().all(|n| latent.contains(n) || summed.contains(n))
}

/// Whether the KL between guide and model at site `s` of the guide has a closed form: both draw it, the pair of rows knows one,
/// and it may be taken with everything else at its sample. It may not where the model's side reads something that the guide
/// draws after `s` and from `s`: given that sample, `s` no longer follows the guide's conditional.
pub fn closed_form(m: &TModel, g: &TModel, s: &TSite) -> bool {
    match (&s.kind, m.site(&s.name).map(|o| &o.kind)) {
        (TSiteKind::Draw(q), Some(TSiteKind::Draw(p))) => {
            p.order.is_none()
                && reads_drawn(q, p)
                && kl_between(q.row, p.row).is_some()
                && !model_side(m, g, p).is_none_or(|r| r.iter().any(|n| reaches(g, &s.name, n)))
        }
        (TSiteKind::Draw(_) | TSiteKind::Bind(_) | TSiteKind::Quantize(_), _) => false,
    }
}

/// Whether a model's chain reads at each time only times that the guide's draws before that one: a guide that goes through time the other
/// way draws it given what the model's side reads.
fn reads_drawn(q: &TDist, p: &TDist) -> bool {
    let (Some(guide), Some(model)) = (q.time.as_ref().filter(|t| t.chained()), &p.time) else { return true };
    let order: Vec<usize> = guide.pieces.iter().flat_map(|t| t.in_order()).collect();
    let when = |t: usize| order.iter().position(|o| *o == t);
    model.pieces.iter().enumerate().all(|(k, times)| {
        let mut read = Vec::new();
        for e in p.piece(k).params.iter().flatten() {
            e.walk(&mut |e| {
                if let TKind::At(of, place) = &e.kind
                    && matches!(of.kind, TKind::Before(..))
                {
                    read.push(place.clone());
                }
            });
        }
        let before = |t: usize| read.iter().all(|r| r.at(t).is_some_and(|r| when(r) < when(t)));
        read.is_empty() || times.in_order().into_iter().all(before)
    })
}

/// The guide's sites whose samples the parameters of a model's draw depend on; `None` where a value comes from inverting a flow.
fn model_side(m: &TModel, g: &TModel, d: &TDist) -> Option<Vec<String>> {
    let (mut seen, mut out) = (Vec::new(), Vec::new());
    let mut todo: Vec<&TExpr> = d.params.iter().flatten().collect();
    while let Some(e) = todo.pop() {
        let mut reads = Vec::new();
        density::reads(e, &mut reads);
        for n in reads.into_iter().filter(|n| !m.conds.contains(n)) {
            if seen.contains(&n) {
                continue;
            }
            let site = m.site(&n)?;
            if g.site(&n).is_some_and(|s| m.proposed(s).is_some()) {
                out.push(n.clone());
            } else if !site.observed {
                match &site.kind {
                    TSiteKind::Draw(_) => return None,
                    TSiteKind::Bind(e) | TSiteKind::Quantize(e) => todo.push(e),
                }
            }
            seen.push(n);
        }
    }
    Some(out)
}

/// Whether site `to` of a guide is computed or drawn from its site `from`.
fn reaches(g: &TModel, from: &str, to: &str) -> bool {
    let (mut seen, mut todo) = (Vec::new(), vec![to.to_string()]);
    while let Some(n) = todo.pop() {
        if n == from && !seen.is_empty() {
            return true;
        }
        if !seen.contains(&n) {
            let mut reads = Vec::new();
            g.site(&n)
                .map(density::expressions)
                .unwrap_or_default()
                .into_iter()
                .for_each(|e| density::reads(e, &mut reads));
            todo.extend(reads);
            seen.push(n);
        }
    }
    false
}

/// The model's drawn sites that the guide's samples determine: the latent part of the joint density. The others are determined
/// by the data, given these.
pub fn latent_sites(m: &TModel, g: &TModel) -> Vec<String> {
    let proposed: Vec<String> = g
        .sites
        .iter()
        .filter(|s| m.proposed(s).is_some_and(|o| !o.observed))
        .map(|s| s.name.clone())
        .collect();
    let known = density::close(m, &proposed);
    m.sites
        .iter()
        .filter(|s| !s.observed && matches!(s.kind, TSiteKind::Draw(_)) && known.contains(&s.name))
        .map(|s| s.name.clone())
        .collect()
}

/// The guide that covers model `p` and has a density at every latent site: its index.
pub fn covering(typed: &Typed, p: usize) -> Option<usize> {
    let m = typed.models.get(p)?;
    let has_density = |g: &TModel, s: &TSite| {
        m.proposed(s).is_none() || drawn(s).is_some() || density::flowed(g, s).is_some()
    };
    let covers = |g: &TModel| {
        g.guide
            && density::open_sites(m, &known(m, Some(g))).is_empty()
            && g.sites.iter().all(|s| has_density(g, s))
            // Another model may have a site of the same name and another type.
            && g.sites.iter().all(|s| m.proposed(s).is_none() || m.fitting(s).is_some())
    };
    preferred(typed, p, covers)
}
