//! What the sites of a model read, and which of them known names determine.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one form of expression is asked for; all others are alike"
)]

use super::{TExpr, TFlow, TKind, TModel, TSite, TSiteKind};
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

/// The value of a computed site.
pub fn value_of(s: &TSite) -> Option<&TExpr> {
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
