//! Importance weights down to distributions, and what a gradient penalty is about.

use super::Writer;
use crate::types::text::Notation;
use crate::types::{TDist, TModel, TObjective, TSiteKind, TSubject, bound_of};

/// `E_q[log mean_{50} Bernoulli(x; decode(z)) Normal(z; 0, 1) / Normal(z; m, exp(s))]`: of a model and a guide whose sites are all drawn, or
/// computed by nets. Where a flow gives a density, or a sum stands for one, the densities have their names, `p(x, z) / q(z | x)`.
pub(super) fn of(n: &Notation<'_>, (m, g): (&TModel, &TModel), k: usize) -> Option<String> {
    let (data, latent) = (bound_of::data(m), bound_of::latent(m, g));
    if data.is_empty() || latent.is_empty() {
        return None;
    }
    let joint: Vec<String> =
        m.sites.iter().map(|s| s.name.clone()).filter(|s| data.contains(s) || latent.contains(s)).collect();
    let (above, below) = match (factors(n, m, &joint), factors(n, g, &latent)) {
        (Some(p), Some(q)) => (p, q),
        (_, _) => {
            let of_q = if g.each.is_some() { g.conds.clone() } else { bound_of::proposed_given(g, &latent) };
            let joint = [data, latent.clone()].concat();
            (named(n, m, &joint, &bound_of::conditions(m, &joint)), named(n, g, &latent, &of_q))
        }
    };
    Some(match n.latex {
        true => format!(
            "\\mathbb{{E}}_{{{}}}\\left[\\log \\frac{{1}}{{{k}}} \\sum_{{k = 1}}^{{{k}}} \\frac{{{above}}}{{{below}}}\\right]",
            g.name
        ),
        false => format!(
            "E_{}[log mean_{{{k}}} {above} / {}]",
            g.name,
            if several(g, &latent) { format!("({below})") } else { below }
        ),
    })
}

fn several(g: &TModel, latent: &[String]) -> bool {
    g.sites.iter().filter(|s| latent.contains(&s.name)).count() > 1
}

/// The densities of drawn sites beside each other; none where one of the sites is computed by a flow or left out of the sites asked for.
fn factors(n: &Notation<'_>, m: &TModel, sites: &[String]) -> Option<String> {
    let writer = Writer { n: *n, terms: Vec::new(), notes: Vec::new() };
    let mut all = Vec::new();
    for s in &m.sites {
        match &s.kind {
            TSiteKind::Draw(d) if sites.contains(&s.name) => all.push(factor(&writer, d, &n.name(&s.name))),
            TSiteKind::Bind(e)
                if !sites.contains(&s.name) && crate::types::density::inverted(e).is_none() => {}
            TSiteKind::Draw(_) | TSiteKind::Bind(_) | TSiteKind::Quantize(_) => return None,
        }
    }
    Some(all.join(n.either(" \\, ", " ")))
}

fn factor(writer: &Writer<'_>, d: &TDist, x: &str) -> String {
    writer.factors_at(d, x)
}

/// `q(z | x)`
fn named(n: &Notation<'_>, m: &TModel, targets: &[String], given: &[String]) -> String {
    let names = |all: &[String]| all.iter().map(|x| n.name(x)).collect::<Vec<_>>().join(", ");
    let bar = match given.is_empty() {
        true => String::new(),
        false => format!(" {} {}", n.either("\\mid", "|"), names(given)),
    };
    format!("{}({}{bar})", m.name, names(targets))
}

/// The critic of a penalty at what lies between, and the two values between which it lies.
pub(super) fn penalty(n: &Notation<'_>, o: &TObjective) -> (String, [String; 2]) {
    let between = n.either("\\hat x", "w");
    let (mut critic, mut inputs) = (String::new(), Vec::<String>::new());
    for s in &o.subjects {
        match s {
            TSubject::Critic(c) => {
                let net = &n.typed.net(c.net).name;
                let given: String = c.given.iter().map(|g| format!(", {}", n.expr(g, 0))).collect();
                critic = format!("{}({between}{given})", n.name(net));
            }
            // Inside of `a * u` a sum has brackets.
            TSubject::Input(x) => inputs.push(n.expr(x, 2)),
            TSubject::Model(_) | TSubject::Guide(_) => {}
        }
    }
    match inputs.try_into() {
        Ok(two) => (critic, two),
        Err(all) => panic!("internal: a penalty lies between two values, and there are {}", all.len()),
    }
}
