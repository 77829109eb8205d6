//! Models, guides and objectives as equations in LaTeX: of the tree that the objective is printed from as text.

use super::{Objective, objective};
use crate::event::{EventTy, Kind, Support};
use crate::explain::typed;
use crate::types::text::Notation;
use crate::types::{TDist, TModel, TSite, TSiteKind, Times, Typed};

/// Equations below each other, aligned.
#[derive(Clone, Debug, PartialEq)]
pub struct Equations {
    /// What they are, in words: `model p: exact density`. Names of the spec stand in backticks.
    pub title: String,
    /// Left and right of the alignment, each in LaTeX.
    pub lines: Vec<(String, String)>,
    /// Facts about them, in words.
    pub notes: Vec<String>,
}

/// The models and guides of a spec and the objectives of its players, in the order of the text.
pub fn of(typed: &Typed) -> Vec<Equations> {
    let n = Notation { typed, latex: true, lets: true, another: false };
    let models = typed.models.iter().map(|m| model(&n, m));
    let objectives = typed.train.players.iter().map(|p| goal(&objective(typed, p, true)));
    models.chain(objectives).collect()
}

fn goal(o: &Objective) -> Equations {
    let who = if o.player == "all" { String::new() } else { format!("`{}` ", o.player) };
    let whence = if o.derived { "derived" } else { "as written" };
    let signed = |(i, t): (usize, &String)| match t.strip_prefix('-') {
        Some(rest) => ("-".to_string(), rest.to_string()),
        None if i > 0 => ("+".to_string(), t.clone()),
        None => (String::new(), t.clone()),
    };
    Equations {
        title: format!("objective: {who}{}, {whence}", o.verb),
        lines: o.terms.iter().enumerate().map(signed).collect(),
        notes: o.notes.clone(),
    }
}

fn model(n: &Notation<'_>, m: &TModel) -> Equations {
    let given = match (m.conds.is_empty(), m.each) {
        (true, _) => String::new(),
        (false, Some(_)) => format!(", with parameters for each `{}`", m.conds.join("`, `")),
        (false, None) => format!(", given `{}`", m.conds.join("`, `")),
    };
    let title = match m.guide {
        true => format!("guide `{}`{given}", m.name),
        false => format!("model `{}`{given}: {}", m.name, typed::density(m)),
    };
    let lines = m.sites.iter().flat_map(|s| site(n, s)).collect();
    Equations { title, lines, notes: Vec::new() }
}

/// The lines of one site: of one in time one for each of its statements.
fn site(n: &Notation<'_>, s: &TSite) -> Vec<(String, String)> {
    let name = n.name(&s.name);
    let space = format!("{name} \\in {}", space(&s.ty));
    let drawn = |left: String, d: &TDist, over: String| (left, format!("\\sim {}{over}", n.dist(d)));
    let mut lines = match &s.kind {
        TSiteKind::Bind(e) => vec![(name, format!("= {}", n.expr(e, 0)))],
        TSiteKind::Quantize(e) => vec![(name, format!("= {}({})", n.op("quantize"), n.expr(e, 0)))],
        TSiteKind::Draw(d) => match (&d.order, &d.time) {
            (Some(o), _) => {
                let index = n.name(&o.index);
                let over = format!(", \\quad {index} \\in {}", n.order(&o.text));
                vec![drawn(format!("{name}_{{{index}}}"), d, over)]
            }
            (None, Some(time)) => {
                let one = |(k, times): (usize, &Times)| {
                    let at = times.index.clone().unwrap_or_else(|| times.from.to_string());
                    let over = times.index.as_ref().map(|_| format!(", \\quad {}", times.latex()));
                    drawn(format!("{name}_{{{at}}}"), &d.piece(k), over.unwrap_or_default())
                };
                time.pieces.iter().enumerate().map(one).collect()
            }
            (None, None) => vec![drawn(name, d, String::new())],
        },
    };
    if let Some((_, right)) = lines.first_mut() {
        right.push_str(&format!(", \\quad {space}"));
    }
    lines
}

/// Where values of a type lie: `\mathbb{R}^{8}`, `\{0, 1\}^{3 \times 8 \times 8}`.
fn space(ty: &EventTy) -> String {
    let axes = ty.shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(" \\times ");
    let power = if axes.is_empty() { String::new() } else { format!("^{{{axes}}}") };
    let numbers = |n: usize| format!("\\{{0, \\dots, {}\\}}", n.saturating_sub(1));
    match ty.kind {
        Kind::Real(Support::REALS) => format!("\\mathbb{{R}}{power}"),
        Kind::Real(Support::POSITIVE) => format!("(0, \\infty){power}"),
        Kind::Real(Support::NONNEGATIVE) => format!("[0, \\infty){power}"),
        Kind::Real(Support::Simplex { .. }) => format!("\\operatorname{{simplex}} \\in \\mathbb{{R}}{power}"),
        Kind::Real(range @ Support::Interval(_)) => {
            let (lo, hi) = range.ends();
            let end = |x: f64| match x.is_infinite() {
                true if x < 0.0 => "-\\infty".to_string(),
                true => "\\infty".to_string(),
                false => x.to_string(),
            };
            format!("[{}, {}]{power}", end(lo), end(hi))
        }
        Kind::Bool => format!("\\{{0, 1\\}}{power}"),
        Kind::OneHot => format!("\\operatorname{{onehot}} \\in \\{{0, 1\\}}{power}"),
        Kind::Int(n) | Kind::Class(n) => format!("{}{power}", numbers(n)),
        Kind::Count => format!("\\{{0, 1, \\dots\\}}{power}"),
    }
}
