//! The typed stage as text: what the checker concluded, in the words of the spec. Deterministic, for people and snapshots.

use crate::event::shape_text;
use crate::rows::ParamDecl;
use crate::types::{Density, TData, TExpr, TFlow, TModel, TNet, TParam, TPlayer, TSiteKind, Typed, text};
use std::fmt::Write;

/// `gmc ir --stage typed`.
pub fn show(t: &Typed) -> String {
    let mut out = String::new();
    t.data.iter().for_each(|d| data(d, &mut out));
    t.nets.iter().for_each(|n| net(n, &mut out));
    t.flows.iter().for_each(|f| flow(f, &mut out));
    t.params.iter().for_each(|p| param(t, p, &mut out));
    t.models.iter().for_each(|m| model(t, m, &mut out));
    t.train.players.iter().for_each(|p| player(t, p, &mut out));
    out
}

fn data(d: &TData, out: &mut String) {
    let vars: Vec<String> = d.vars.iter().map(|v| format!("{}: {}", v.name, v.ty)).collect();
    let anew = if d.dynamic { ", drawn anew at every visit" } else { "" };
    let _ = writeln!(out, "data ({}) from {}{anew}", vars.join(", "), d.row.name());
}

fn net(n: &TNet, out: &mut String) {
    let ins: Vec<String> = n.inputs.iter().map(|(n, t, _)| format!("{n}: {t}")).collect();
    let outs: Vec<String> = n.outs.iter().map(ToString::to_string).collect();
    let from = n.frozen.as_ref().map_or(String::new(), |f| format!(" from \"{}\"", f.path));
    let _ = writeln!(out, "net {}({}) -> {}{from}", n.name, ins.join(", "), outs.join(", "));
    for l in &n.chain.layers {
        let outs: Vec<String> = l.checked.out.iter().map(ToString::to_string).collect();
        let params = listed(&l.checked.params);
        let _ = writeln!(out, "  {}: {} -> {}{params}", l.path, l.text, outs.join(", "));
    }
}

fn flow(f: &TFlow, out: &mut String) {
    let given: Vec<String> = f.given.iter().map(|(n, t)| format!("{n}: {t}")).collect();
    let given = if given.is_empty() { String::new() } else { format!(" given ({})", given.join(", ")) };
    let volume = if f.volume_preserving() { ", volume-preserving" } else { "" };
    let _ = writeln!(out, "flow {}: {} <-> {}{given}{volume}", f.name, f.from, f.to);
    for l in &f.chain.layers {
        let (jacobian, params) = (l.checked.jacobian.words(), listed(&l.checked.params));
        let _ = writeln!(out, "  {}: {} -> {}, {jacobian} Jacobian{params}", l.path, l.text, l.checked.out);
    }
}

fn param(t: &Typed, p: &TParam, out: &mut String) {
    let variable = p.each.and_then(|i| t.data.get(i)).and_then(|d| d.vars.first());
    let each = variable.map_or(String::new(), |v| format!(", one for each {}", v.name));
    let start = p.drawn.as_ref().map_or_else(|| p.init.to_string(), |(text, _)| text.clone());
    let _ = writeln!(out, "param {}: {} = {start}{each}", p.name, p.ty);
}

fn model(t: &Typed, m: &TModel, out: &mut String) {
    let conds = match (m.conds.is_empty(), m.each) {
        (true, _) => String::new(),
        (false, Some(_)) => format!("[{}]", m.conds.join(", ")),
        (false, None) => format!("({})", m.conds.join(", ")),
    };
    let _ = match m.guide {
        true => writeln!(out, "guide {}{conds}", m.name),
        false => writeln!(out, "model {}{conds}: {}", m.name, density(m)),
    };
    for s in &m.sites {
        let seen = if s.observed { ", observed" } else { "" };
        if let TSiteKind::Draw(d) = &s.kind
            && let Some(time) = &d.time
        {
            for (k, times) in time.pieces.iter().enumerate() {
                let what = text::distribution(t, &d.piece(k), true);
                let _ = writeln!(out, "  {}[{times}]: {}{seen} ~ {what}", s.name, s.ty);
            }
            continue;
        }
        let order = match &s.kind {
            TSiteKind::Draw(d) => d.order.as_ref(),
            TSiteKind::Bind(_) | TSiteKind::Quantize(_) => None,
        };
        let order = order.map_or(String::new(), |o| format!("[{} in {}]", o.index, o.text));
        let _ = writeln!(out, "  {}{order}: {}{seen} {}", s.name, s.ty, site(t, &s.kind));
    }
}

fn player(t: &Typed, p: &TPlayer, out: &mut String) {
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

/// Parameters of a layer with their shapes.
fn listed(params: &[ParamDecl]) -> String {
    let params: Vec<String> = params.iter().map(|p| format!("{}{}", p.name, shape_text(&p.shape))).collect();
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
