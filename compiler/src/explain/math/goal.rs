//! Objectives as a spec may say them: what is printed here means the same where it is pasted into the `train` block.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one form of expression is asked for; all others are alike"
)]

use crate::rows::objective::{Elbo, Iwae, Kl, Terms};
use crate::syntax::ast::BinOp;
use crate::types::text::Notation;
use crate::types::{TExpr, TKind, TModel, TObjective, TSiteKind, Typed, bound_of};

/// The strength at which a term stands behind a sign.
const TERM: u8 = 2;
/// That behind a line of division.
const POWER: u8 = 3;

/// A term with its sign.
type Signed = (bool, String);

/// The terms of a payoff, each with `-` before it where it is subtracted.
pub(super) fn terms(typed: &Typed, payoff: &TExpr) -> Vec<String> {
    let goal = Goal { n: Notation { typed, latex: false, lets: true, another: false } };
    let mut all = Vec::new();
    goal.terms(payoff, true, &mut all);
    all.into_iter().map(|(plus, t)| if plus { t } else { format!("-{t}") }).collect()
}

/// `q(z | x)`, behind a word such as `log`.
fn density(m: &TModel, targets: &[String], given: &[String]) -> String {
    let bar = if given.is_empty() { String::new() } else { format!(" | {}", given.join(", ")) };
    format!("{}({}{bar})", m.name, targets.join(", "))
}

/// `log p(x | z)`; of a site that is drawn in an order by the chain rule, `sum_{i in raster} log p(x[i] | x[< i], z)`.
pub(super) fn log_density(m: &TModel, targets: &[String], given: &[String]) -> String {
    if let [x] = targets
        && let Some(TSiteKind::Draw(d)) = m.site(x).map(|s| &s.kind)
        && let Some(o) = &d.order
    {
        let (i, order) = (&o.index, &o.text);
        let given: String = given.iter().map(|g| format!(", {g}")).collect();
        return format!("sum_{{{i} in {order}}} log {}({x}[{i}] | {x}[< {i}]{given})", m.name);
    }
    format!("log {}", density(m, targets, given))
}

/// Whether an objective of models or critics is a part of an expression.
pub(super) fn holds_objective(n: &Notation<'_>, e: &TExpr) -> bool {
    let mut found = false;
    n.typed.walk(e, &mut |e| found |= matches!(e.kind, TKind::Objective(_)));
    found
}

struct Goal<'t> {
    n: Notation<'t>,
}

impl Goal<'_> {
    fn terms(&self, e: &TExpr, plus: bool, out: &mut Vec<Signed>) {
        match &e.kind {
            TKind::Objective(o) => match self.objective(o) {
                Some(all) => out.extend(all.into_iter().map(|(p, t)| (p == plus, t))),
                None => out.push((plus, self.n.expr(e, TERM))),
            },
            TKind::Binary(BinOp::Add, a, b) => {
                self.terms(a, plus, out);
                self.terms(b, plus, out);
            }
            TKind::Binary(BinOp::Sub, a, b) => {
                self.terms(a, plus, out);
                self.terms(b, !plus, out);
            }
            TKind::Neg(a) => self.terms(a, !plus, out),
            TKind::Binary(BinOp::Mul, a, b) if holds_objective(&self.n, b) => {
                let factor = self.n.expr(a, TERM);
                out.push(self.scaled(b, plus, |t| format!("{factor} * {t}")));
            }
            TKind::Binary(BinOp::Mul, a, b) if holds_objective(&self.n, a) => {
                let factor = self.n.expr(b, TERM);
                out.push(self.scaled(a, plus, |t| format!("{t} * {factor}")));
            }
            TKind::Binary(BinOp::Div, a, b) if holds_objective(&self.n, a) => {
                let by = self.n.expr(b, POWER);
                out.push(self.scaled(a, plus, |t| format!("{t} / {by}")));
            }
            TKind::Let(_) if let Some(x) = self.n.stands_for(e) => self.terms(x, plus, out),
            _ => out.push((plus, self.n.expr(e, TERM))),
        }
    }

    /// What holds an objective, with a factor around it.
    fn scaled(&self, e: &TExpr, plus: bool, with: impl Fn(&str) -> String) -> Signed {
        let mut inner = Vec::new();
        self.terms(e, true, &mut inner);
        match inner.as_slice() {
            [(p, t)] => (*p == plus, with(t)),
            _ => (plus, with(&format!("({})", joined(&inner)))),
        }
    }

    /// An objective as the terms that it adds up to; `None` where it is said by its name.
    fn objective(&self, o: &TObjective) -> Option<Vec<Signed>> {
        let models: Vec<&TModel> = o.reads().map(|i| self.n.typed.model(i)).collect();
        let (guides, models): (Vec<&TModel>, Vec<&TModel>) = models.into_iter().partition(|m| m.guide);
        let m = *models.first()?;
        let data = bound_of::data(m);
        let Some(g) = guides.first().copied() else {
            let given = bound_of::conditions(m, &data);
            return (o.row.name() == "nll" && !data.is_empty())
                .then(|| vec![(false, format!("E[{}]", log_density(m, &data, &given)))]);
        };
        let latent = bound_of::latent(m, g);
        let under = |what: &str| format!("E_{}[{what}]", g.name);
        let joint = [data.as_slice(), latent.as_slice()].concat();
        let conditions = bound_of::conditions(m, &joint);
        let proposal = |sites: &[String]| density(g, sites, &self.given_of(g, sites));
        match o.row.name() {
            "kl" => {
                let sites = Kl::sites(&o.args).unwrap_or_else(|| latent.clone());
                (!latent.is_empty()).then(|| vec![(true, self.divergence((m, g), &sites, &which_terms(o)))])
            }
            _ if data.is_empty() || latent.is_empty() => None,
            "iwae" => {
                let k = Iwae::samples(&o.args);
                let (p, q) = (density(m, &joint, &conditions), proposal(&latent));
                Some(vec![(true, under(&format!("log mean_{{{k}}} {p} / {q}")))])
            }
            "elbo" => {
                let beta = o.amount(Elbo::BETA.name).filter(|b| !matches!(b.kind, TKind::Const(1.0)));
                let beta = beta.map(|b| format!("{} * ", self.n.expr(b, TERM)));
                let free = Elbo::free(&o.args);
                let entropy = Elbo::entropy(&o.args);
                if entropy && beta.is_none() && free == 0.0 {
                    let log = under(&format!("log {}", density(m, &joint, &conditions)));
                    return Some(vec![(true, log), (true, format!("H({})", proposal(&latent)))]);
                }
                let given = bound_of::given(m, g, &data);
                let free = if free > 0.0 { format!(", free: {free}") } else { String::new() };
                let form = if entropy { ", form: entropy" } else { "" };
                let rest = format!("{free}{form}{}", which_terms(o));
                let kl = self.divergence((m, g), &latent, &rest);
                let beta = beta.unwrap_or_default();
                Some(vec![(true, under(&log_density(m, &data, &given))), (false, format!("{beta}{kl}"))])
            }
            _ => None,
        }
    }

    fn divergence(&self, (m, g): (&TModel, &TModel), sites: &[String], rest: &str) -> String {
        let (q, p) = (self.given_of(g, sites), bound_of::given(m, g, sites));
        format!("KL({} || {}{rest})", density(g, sites, &q), density(m, sites, &p))
    }

    /// What a guide's density is given: with parameters for each datum, the datum.
    fn given_of(&self, g: &TModel, sites: &[String]) -> Vec<String> {
        if g.each.is_some() { g.conds.clone() } else { bound_of::proposed_given(g, sites) }
    }
}

/// `, terms: all`, where that is written.
fn which_terms(o: &TObjective) -> String {
    match Elbo::terms(&o.args) {
        Terms::Auto => String::new(),
        Terms::One => ", terms: one".to_string(),
        Terms::All => ", terms: all".to_string(),
    }
}

/// Terms with their signs in one line.
fn joined(all: &[Signed]) -> String {
    let sign = |i: usize, plus: bool| match (i, plus) {
        (0, true) => "",
        (0, false) => "-",
        (_, true) => " + ",
        (_, false) => " - ",
    };
    all.iter().enumerate().map(|(i, (plus, t))| format!("{}{t}", sign(i, *plus))).collect()
}
