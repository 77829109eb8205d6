//! What a model says about the density of the data: the closure of the data sites under flows, both ways.

pub use super::closure::{close, expressions, inverted, reads, summable, unknown_sites, value_of, values};
use super::{Density, TExpr, TFlow, TKind, TModel, TSite, TSiteKind, hidden_chain};

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
