//! The typed stage as text: what the checker concluded, in the words of the spec. Deterministic, for people and snapshots.

use crate::types::{Density, TExpr, TModel, TSiteKind, Typed, text};
use std::fmt::Write;

/// `gmc ir --stage typed`.
pub fn show(t: &Typed) -> String {
    let mut out = String::new();
    for d in &t.data {
        let vars: Vec<String> = d.vars.iter().map(|v| format!("{}: {}", v.name, v.ty)).collect();
        let _ = writeln!(
            out,
            "data ({}) from {}{}",
            vars.join(", "),
            d.row.name(),
            if d.dynamic { ", drawn anew at every visit" } else { "" }
        );
    }
    for n in &t.nets {
        let ins: Vec<String> = n.inputs.iter().map(|(n, t, _)| format!("{n}: {t}")).collect();
        let outs: Vec<String> = n.outs.iter().map(ToString::to_string).collect();
        let _ = writeln!(out, "net {}({}) -> {}", n.name, ins.join(", "), outs.join(", "));
        for l in &n.chain.layers {
            let outs: Vec<String> = l.checked.out.iter().map(ToString::to_string).collect();
            let params: Vec<String> = l
                .checked
                .params
                .iter()
                .map(|p| format!("{}{}", p.name, crate::event::shape_text(&p.shape)))
                .collect();
            let _ = writeln!(out, "  {}: {} -> {}{}", l.path, l.text, outs.join(", "), listed(&params));
        }
    }
    for f in &t.flows {
        let given: Vec<String> = f.given.iter().map(|(n, t)| format!("{n}: {t}")).collect();
        let given = if given.is_empty() { String::new() } else { format!(" given ({})", given.join(", ")) };
        let volume = if f.volume_preserving() { ", volume-preserving" } else { "" };
        let _ = writeln!(out, "flow {}: {} <-> {}{given}{volume}", f.name, f.from, f.to);
        for l in &f.chain.layers {
            let params: Vec<String> = l
                .checked
                .params
                .iter()
                .map(|p| format!("{}{}", p.name, crate::event::shape_text(&p.shape)))
                .collect();
            let jac = l.checked.jacobian.words();
            let _ = writeln!(
                out,
                "  {}: {} -> {}, {jac} Jacobian{}",
                l.path,
                l.text,
                l.checked.out,
                listed(&params)
            );
        }
    }
    for p in &t.params {
        let each = p
            .each
            .and_then(|i| t.data.get(i))
            .and_then(|d| d.vars.first())
            .map_or(String::new(), |v| format!(", one for each {}", v.name));
        let start = p.drawn.as_ref().map_or_else(|| p.init.to_string(), |(text, _)| text.clone());
        let _ = writeln!(out, "param {}: {} = {start}{each}", p.name, p.ty);
    }
    for m in &t.models {
        let conds = match (m.conds.is_empty(), m.each) {
            (true, _) => String::new(),
            (false, Some(_)) => format!("[{}]", m.conds.join(", ")),
            (false, None) => format!("({})", m.conds.join(", ")),
        };
        let _ = writeln!(
            out,
            "{} {}{conds}{}",
            if m.guide { "guide" } else { "model" },
            m.name,
            if m.guide { String::new() } else { format!(": {}", density(m)) }
        );
        for s in &m.sites {
            let seen = if s.observed { ", observed" } else { "" };
            let order = match &s.kind {
                TSiteKind::Draw(d) => d.order.as_ref(),
                TSiteKind::Bind(_) | TSiteKind::Quantize(_) => None,
            };
            let order = order.map_or(String::new(), |o| format!("[{} in {}]", o.index, o.text));
            let _ = writeln!(out, "  {}{order}: {}{seen} {}", s.name, s.ty, site(t, &s.kind));
        }
    }
    for p in &t.train.players {
        let owns: Vec<&str> = p.owns.iter().map(|o| o.0.as_str()).collect();
        let steps = if p.steps == 1 { String::new() } else { format!(" steps {}", p.steps) };
        let _ = writeln!(
            out,
            "player {} owns {} {} {} using {}{steps}",
            p.name,
            owns.join(", "),
            if p.maximize { "maximizes" } else { "minimizes" },
            text::plain(t, &p.payoff),
            p.optimizer.name()
        );
    }
    out
}

fn listed(params: &[String]) -> String {
    if params.is_empty() { String::new() } else { format!("  [{}]", params.join(", ")) }
}

fn site(t: &Typed, k: &TSiteKind) -> String {
    let show = |e: &TExpr| text::plain(t, e);
    match k {
        TSiteKind::Draw(d) => format!("~ {}", text::distribution(t, d, true)),
        TSiteKind::Bind(e) => format!("= {}", show(e)),
        TSiteKind::Quantize(e) => format!("= quantize({})", show(e)),
    }
}

/// The conclusion about a model's density, in words.
pub fn density(m: &TModel) -> String {
    match &m.density {
        Density::Exact { dequantised: false, summed } if summed.is_empty() => "exact density".into(),
        Density::Exact { dequantised: false, summed } => {
            format!("exact density, summed over all values of {{{}}}", summed.join(", "))
        }
        Density::Exact { dequantised: true, .. } => {
            "exact density of the dequantised data, a lower bound for the data".into()
        }
        Density::Latent(u) => format!("joint density, latent {{{}}}", u.join(", ")),
        Density::Implicit(x) => format!("implicit: samples of {x}, no density"),
        Density::Unobserved => "no site is data".into(),
    }
}
