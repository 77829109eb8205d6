//! What a model says about the density of the data: the closure of the data sites under flows, both ways.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one form of expression is asked for; all others are alike"
)]

use super::{Density, TExpr, TFlow, TKind, TModel, TSite, TSiteKind, hidden_chain};
use crate::rows::distribution::values;
use std::collections::HashSet;

/// The names an expression reads inside its model.
pub fn reads(e: &TExpr, out: &mut Vec<String>) {
    e.walk(&mut |e| {
        if let TKind::Var(n) = &e.kind
            && !out.contains(n)
        {
            out.push(n.clone());
        }
    });
}

/// If a site is bound to an invertible expression of one other site, that site: `x = f(z)`, `x = exp(f(z))`.
pub fn inverted(e: &TExpr) -> Option<&str> {
    match &e.kind {
        TKind::Var(n) => Some(n),
        TKind::Flow { arg, given, .. } => {
            let solved = inverted(arg)?;
            // A constant of the map may read conditions and other sites, but not the site being solved for.
            let free = given.iter().all(|g| {
                let mut r = Vec::new();
                reads(g, &mut r);
                !r.iter().any(|n| n == solved)
            });
            free.then_some(solved)
        }
        TKind::Map { row, arg, .. } if row.inverse().is_some() => inverted(arg),
        _ => None,
    }
}

/// The expressions of a site: the parameters of its distribution and the end of its order, or its value.
pub fn expressions(s: &TSite) -> Vec<&TExpr> {
    match &s.kind {
        TSiteKind::Draw(d) => {
            let until = d.order.iter().filter_map(|o| o.until.as_ref());
            d.params.iter().flatten().chain(until).collect()
        }
        TSiteKind::Bind(e) | TSiteKind::Quantize(e) => vec![e],
    }
}

/// The distribution of a drawn site.
pub fn drawn(s: &TSite) -> Option<&super::TDist> {
    match &s.kind {
        TSiteKind::Draw(d) => Some(d),
        TSiteKind::Bind(_) | TSiteKind::Quantize(_) => None,
    }
}

/// A site of a model and every site that it is computed or drawn from.
pub fn upstream<'m>(m: &'m TModel, site: &str) -> Vec<&'m TSite> {
    let mut out: Vec<&TSite> = Vec::new();
    let mut todo = vec![site.to_string()];
    while let Some(n) = todo.pop() {
        let Some(s) = m.site(&n) else { continue };
        if !out.iter().any(|o| o.name == s.name) {
            out.push(s);
            expressions(s).into_iter().for_each(|e| reads(e, &mut todo));
        }
    }
    out
}

/// The part of a model that the KL of a guide is about: the sites that the guide proposes, and what those are computed or drawn from.
pub fn latent_part(m: &TModel, g: &TModel) -> TModel {
    let mut names: Vec<&str> = Vec::new();
    for s in g.sites.iter().filter_map(|s| m.proposed(s)).filter(|s| !s.observed) {
        names.extend(upstream(m, &s.name).iter().map(|s| s.name.as_str()));
    }
    let sites = m.sites.iter().filter(|s| names.contains(&s.name.as_str())).cloned().collect();
    TModel { sites, ..m.clone() }
}

/// The drawn sites of a model whose log-density changes with the values of the sites `from`, they themselves included, when the sites
/// `known` have values of their own.
pub fn reached(m: &TModel, from: &[String], known: &[String]) -> Vec<String> {
    // First the values that change: forwards through bindings, and backwards through a flow whose constants change.
    let mut values = from.to_vec();
    let reads_any = |e: &TExpr, values: &[String]| {
        let mut r = Vec::new();
        reads(e, &mut r);
        r.into_iter().filter(|n| values.contains(n)).collect::<Vec<_>>()
    };
    loop {
        let before = values.len();
        for s in &m.sites {
            let Some(e) = value_of(s) else { continue };
            let moved = reads_any(e, &values);
            if known.contains(&s.name) || values.contains(&s.name) {
                if let Some(z) =
                    inverted(e).filter(|z| !known.iter().any(|k| k == z) && !values.iter().any(|v| v == z))
                    && (values.contains(&s.name) || moved.iter().any(|n| n != z))
                {
                    values.push(z.to_string());
                }
            } else if !moved.is_empty() {
                values.push(s.name.clone());
            }
        }
        if values.len() == before {
            break;
        }
    }
    let changes = |s: &&TSite| {
        matches!(s.kind, TSiteKind::Draw(_))
            && (values.contains(&s.name) || expressions(s).iter().any(|e| !reads_any(e, &values).is_empty()))
    };
    m.sites.iter().filter(changes).map(|s| s.name.clone()).collect()
}

fn value_of(s: &TSite) -> Option<&TExpr> {
    match &s.kind {
        TSiteKind::Bind(e) | TSiteKind::Quantize(e) => Some(e),
        TSiteKind::Draw(_) => None,
    }
}

/// A computed site while names are closed under bindings.
struct Bound<'m> {
    site: &'m str,
    /// The names that its value reads and that are not known yet.
    open: Vec<&'m str>,
    /// What its value is inverted for.
    inverse: Option<&'m str>,
}

/// Closes a set of known names under the bindings of a model: forward through any expression, backward through flows.
pub fn close(model: &TModel, known: &[String]) -> Vec<String> {
    let mut known: Vec<String> = known.to_vec();
    known.extend(model.conds.iter().cloned());
    let mut seen: HashSet<String> = known.iter().cloned().collect();
    let mut bound: Vec<Bound<'_>> = Vec::new();
    for s in &model.sites {
        let Some(e) = value_of(s) else { continue };
        let mut open = Vec::new();
        e.walk(&mut |e| {
            if let TKind::Var(n) = &e.kind {
                open.push(n.as_str());
            }
        });
        open.sort_unstable();
        open.dedup();
        bound.push(Bound { site: &s.name, open, inverse: inverted(e) });
    }
    // What is left to be found out is looked at again only while something new is known.
    loop {
        let before = known.len();
        bound.retain_mut(|b| {
            b.open.retain(|n| !seen.contains(*n));
            if b.open.is_empty() && seen.insert(b.site.to_string()) {
                known.push(b.site.to_string());
            }
            if let (Some(z), [only]) = (b.inverse, b.open.as_slice())
                && z == *only
                && seen.contains(b.site)
            {
                seen.insert(z.to_string());
                known.push(z.to_string());
                return false;
            }
            !(b.open.is_empty() && seen.contains(b.site))
        });
        if known.len() == before {
            return known;
        }
    }
}

/// The drawn sites that a set of known names does not determine.
pub fn unknown_sites(model: &TModel, _flows: &[TFlow], known: &[String]) -> Vec<String> {
    let closed = close(model, known);
    model
        .sites
        .iter()
        .filter(|s| matches!(s.kind, TSiteKind::Draw(_)) && !closed.contains(&s.name))
        .map(|s| s.name.clone())
        .collect()
}

/// The draw of a guide behind a site that the guide computes by flows, as in `e ~ Normal(m, s);  z = f(e)`: then the site has a density,
/// that of the draw less the flows' log-determinants. The flows' constants may read anything that does not depend on the draw.
pub fn flowed<'g>(g: &'g TModel, s: &'g TSite) -> Option<&'g TSite> {
    let (mut at, mut constants) = (s, Vec::new());
    let base = loop {
        let Some(e) = value_of(at) else { break at };
        let n = inverted(e)?;
        let mut r = Vec::new();
        reads(e, &mut r);
        constants.extend(r.into_iter().filter(|r| r != n));
        at = g.site(n)?;
    };
    let depends = |n: &String| upstream(g, n).iter().any(|u| u.name == base.name);
    (base.name != s.name && !constants.iter().any(depends)).then_some(base)
}

/// The site of a model for which a guide's draw stands: its own, or the one that the guide computes from it by flows.
pub fn stands_for<'g>(m: &TModel, g: &'g TModel, draw: &'g TSite) -> &'g TSite {
    if m.site(&draw.name).is_some() {
        return draw;
    }
    let made = |s: &&TSite| m.proposed(s).is_some() && flowed(g, s).is_some_and(|b| b.name == draw.name);
    g.sites.iter().find(made).unwrap_or(draw)
}

/// How many values a site takes: a discrete draw with a number of them that fits. One in time is summed over as a chain.
pub fn values(s: &TSite) -> Option<usize> {
    match &s.kind {
        TSiteKind::Draw(d) if d.time.is_some() => None,
        TSiteKind::Draw(d) => values::count(d.row, &s.ty),
        TSiteKind::Bind(_) | TSiteKind::Quantize(_) => None,
    }
}

/// Most combinations of values that an exact sum runs over.
const MOST_SUMMED: usize = 256;

/// Among the sites left open by the known names, the discrete ones that can be summed over: numbers or vectors, with few values in all.
pub fn summable(model: &TModel, known: &[String]) -> Vec<String> {
    let mut combinations = 1usize;
    unknown_sites(model, &[], known)
        .into_iter()
        .filter(|n| {
            let values = model.site(n).and_then(values);
            let fits = values.is_some_and(|v| combinations.saturating_mul(v) <= MOST_SUMMED);
            combinations *= values.filter(|_| fits).unwrap_or(1);
            fits
        })
        .collect()
}

/// Among the sites left open by the known names all that are summed over: those of few values, and chains.
pub fn summed_over(model: &TModel, known: &[String]) -> Vec<String> {
    let mut all = summable(model, known);
    all.extend(hidden_chain::sums(model, known).into_iter().map(|c| c.site));
    all
}

/// The drawn sites that a set of known names leaves open, and that cannot be summed over either. A flow whose constants are summed over is
/// inverted for each of their values.
pub fn open_sites(model: &TModel, known: &[String]) -> Vec<String> {
    let mut all = known.to_vec();
    all.extend(summable(model, known));
    all.extend(hidden_chain::sums(model, known).into_iter().map(|c| c.site));
    unknown_sites(model, &[], &all)
}

/// How data site `site`, which is computed and has no density, comes about: `computed by a net`, and what to change of it.
pub fn without_density(model: &TModel, flows: &[TFlow], site: &str) -> (String, String) {
    let net = || ("computed by a net".to_string(), "make the net a flow".to_string());
    let Some(mut e) = model.site(site).and_then(value_of) else { return net() };
    while let TKind::Map { arg, .. } = &e.kind {
        e = arg;
    }
    let TKind::Flow { flow, arg, given } = &e.kind else { return net() };
    let name = flows.get(*flow).map_or("the flow", |f| f.name.as_str());
    let mut constants = Vec::new();
    given.iter().for_each(|g| reads(g, &mut constants));
    match inverted(arg) {
        Some(z) if constants.iter().any(|c| c == z) => (
            format!("`{name}` maps `{z}` and reads it as a constant as well, which nothing undoes"),
            format!("give `{name}` constants that do not read `{z}`"),
        ),
        _ => (format!("`{name}` acts on what is not drawn"), format!("let `{name}` act on a draw, `z ~ ..`")),
    }
}

/// Whether the flows behind a computed site start from a draw.
fn from_a_draw(model: &TModel, s: &TSite) -> bool {
    match value_of(s) {
        None => true,
        Some(e) => inverted(e).and_then(|n| model.site(n)).is_some_and(|s| from_a_draw(model, s)),
    }
}

/// Concludes the density class of a model.
pub fn conclude(model: &TModel, flows: &[TFlow]) -> Density {
    let observed: Vec<String> = model.sites.iter().filter(|s| s.observed).map(|s| s.name.clone()).collect();
    if observed.is_empty() {
        return Density::Unobserved;
    }
    // A data site bound to anything that can't be run backwards has samples only.
    for s in model.sites.iter().filter(|s| s.observed) {
        if let Some(e) = value_of(s)
            && inverted(e).is_none()
        {
            return Density::Implicit(s.name.clone());
        }
    }
    // So has one that the other data fix already: it has no freedom left, and the joint density does not exist.
    for s in model.sites.iter().filter(|s| s.observed && value_of(s).is_some()) {
        let others: Vec<String> = observed.iter().filter(|o| **o != s.name).cloned().collect();
        if close(model, &others).contains(&s.name) {
            return Density::Implicit(s.name.clone());
        }
    }
    // So has one that a flow carries back to something a net computes from what stays unknown.
    let closed = close(model, &observed);
    for s in &model.sites {
        if let Some(e) = value_of(s) {
            let mut r = Vec::new();
            reads(e, &mut r);
            if closed.contains(&s.name) && inverted(e).is_none() && !r.iter().all(|n| closed.contains(n)) {
                return Density::Implicit(s.name.clone());
            }
        }
    }
    // So has one that a flow makes of something that is not drawn, whatever is summed over.
    for s in model.sites.iter().filter(|s| s.observed && value_of(s).is_some()) {
        if !from_a_draw(model, s) {
            return Density::Implicit(s.name.clone());
        }
    }
    let left = unknown_sites(model, flows, &observed);
    let summed = summed_over(model, &observed);
    if open_sites(model, &observed).is_empty() {
        let dequantised = model.sites.iter().any(|s| matches!(s.kind, TSiteKind::Quantize(_)));
        Density::Exact { dequantised, summed }
    } else {
        Density::Latent(left)
    }
}
