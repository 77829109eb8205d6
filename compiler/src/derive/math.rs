//! Objectives as people write them: plain text and LaTeX from one tree walk.

use super::kl::{self, Unit, closed_form, known, latent_sites, of_latents};
use crate::rows::args::Args;
use crate::rows::{DistRow, Jacobian, estimator};
use crate::syntax::ast::BinOp;
use crate::types::{
    Density, Estimator, TDist, TExpr, TKind, TModel, TPlayer, TSite, TSiteKind, Typed, density,
};

/// Plain text of a typed expression.
pub fn text(typed: &Typed, e: &TExpr) -> String {
    Math { typed, latex: false }.expr(e, 0)
}

/// A drawn site's distribution as it is written; with `named`, each parameter with its name.
pub fn distribution(typed: &Typed, d: &TDist, named: bool) -> String {
    Math { typed, latex: false }.call(d.row, &d.params, None, named)
}

/// The objective of one player, one line a term.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// The player.
    pub player: String,
    /// `maximizes` or `minimizes`.
    pub verb: &'static str,
    /// Whether the compiler supplied it.
    pub derived: bool,
    /// The terms with their sign, in order.
    pub terms: Vec<String>,
    /// Facts about how terms are computed.
    pub notes: Vec<String>,
}

/// The objective of a player.
pub fn objective(typed: &Typed, p: &TPlayer, latex: bool) -> Objective {
    let m = Math { typed, latex };
    let (mut terms, mut notes) = (Vec::new(), Vec::new());
    m.payoff(&p.payoff, "", &mut terms, &mut notes);
    Objective {
        player: p.name.clone(),
        verb: if p.maximize { "maximizes" } else { "minimizes" },
        derived: p.derived,
        terms,
        notes,
    }
}

struct Math<'t> {
    typed: &'t Typed,
    latex: bool,
}

impl Math<'_> {
    fn name(&self, n: &str) -> String {
        if self.latex && n.chars().count() > 1 {
            format!("\\mathrm{{{}}}", n.replace('_', "\\_"))
        } else {
            n.to_string()
        }
    }
    fn op(&self, n: &str) -> String {
        if self.latex { format!("\\operatorname{{{}}}", n.replace('_', "\\_")) } else { n.to_string() }
    }
    fn number(x: f64) -> String {
        format!("{x}")
    }

    /// `outer` is the binding strength of what surrounds: 0 none, 1 sum, 2 product, 3 power or sign.
    fn expr(&self, e: &TExpr, outer: u8) -> String {
        let wrap = |strength: u8, s: String| if strength < outer { format!("({s})") } else { s };
        match &e.kind {
            TKind::Const(x) => Self::number(*x),
            TKind::Schedule(i) => self.typed.schedules.get(*i).map_or(String::new(), |s| s.text.clone()),
            TKind::Data(n) | TKind::Var(n) => self.name(n),
            TKind::Sample(m, s) => format!("{m}.{s}"),
            TKind::Param(i) => self.typed.params.get(*i).map_or(String::new(), |p| {
                let of = p.each.and_then(|d| self.typed.data.get(d)).and_then(|d| d.vars.first());
                format!(
                    "{}{}",
                    self.name(&p.name),
                    of.map_or(String::new(), |v| format!("[{}]", self.name(&v.name)))
                )
            }),
            TKind::Let(i) => self.typed.train.lets.get(*i).map_or(String::new(), |(n, _)| self.name(n)),
            TKind::Net { net, args, output } => {
                let (name, several) = self
                    .typed
                    .nets
                    .get(*net)
                    .map_or((String::new(), false), |n| (self.name(&n.name), n.outs.len() > 1));
                let tail = if several { format!("_{}", output + 1) } else { String::new() };
                format!("{name}{tail}({})", self.list(args))
            }
            TKind::Flow { flow, arg, given } => {
                let all: Vec<String> =
                    std::iter::once(&**arg).chain(given).map(|a| self.expr(a, 0)).collect();
                format!(
                    "{}({})",
                    self.typed.flows.get(*flow).map_or(String::new(), |f| self.name(&f.name)),
                    all.join(", ")
                )
            }
            TKind::Map { row, args, arg } => {
                format!("{}({}{})", self.op(row.name()), self.expr(arg, 0), compile_time(args))
            }
            TKind::Fn { row, args } => format!("{}({})", self.op(row.name()), self.list(args)),
            TKind::Neg(a) => wrap(1, format!("-{}", self.expr(a, 3))),
            TKind::Binary(op, a, b) => match op {
                BinOp::Add => wrap(1, format!("{} + {}", self.expr(a, 1), self.expr(b, 1))),
                BinOp::Sub => wrap(1, format!("{} - {}", self.expr(a, 1), self.expr(b, 2))),
                BinOp::Mul if self.latex => wrap(2, format!("{} \\, {}", self.expr(a, 2), self.expr(b, 2))),
                BinOp::Mul => wrap(2, format!("{} * {}", self.expr(a, 2), self.expr(b, 2))),
                BinOp::Div if self.latex => format!("\\frac{{{}}}{{{}}}", self.expr(a, 0), self.expr(b, 0)),
                BinOp::Div => wrap(2, format!("{} / {}", self.expr(a, 2), self.expr(b, 3))),
                BinOp::Pow if self.latex => format!("{}^{{{}}}", self.expr(a, 4), self.expr(b, 0)),
                BinOp::Pow => wrap(3, format!("{}^{}", self.expr(a, 4), self.expr(b, 3))),
            },
            TKind::Expect(a) if self.latex => format!("\\mathbb{{E}}\\left[{}\\right]", self.expr(a, 0)),
            TKind::Expect(a) => format!("E[{}]", self.expr(a, 0)),
            TKind::LogProb { model, values, targets } => {
                let m = self.typed.models.get(*model).map_or("p", |m| &m.name);
                let shown = |target: bool| -> Vec<String> {
                    values
                        .iter()
                        .filter(|(n, _)| targets.contains(n) == target)
                        .map(|(_, v)| self.expr(v, 0))
                        .collect()
                };
                let given = shown(false);
                let bar = if given.is_empty() {
                    String::new()
                } else {
                    format!(" {} {}", if self.latex { "\\mid" } else { "|" }, given.join(", "))
                };
                wrap(
                    2,
                    format!(
                        "{} {m}({}{bar})",
                        if self.latex { "\\log" } else { "log" },
                        shown(true).join(", ")
                    ),
                )
            }
            TKind::Nll(p) => format!("nll({})", self.model_name(*p)),
            TKind::Elbo { p, q, beta, free, entropy } => {
                let mut args = vec![self.model_name(*p), self.model_name(*q)];
                if !matches!(beta.kind, TKind::Const(1.0)) {
                    args.push(format!("beta: {}", self.expr(beta, 0)));
                }
                if *free > 0.0 {
                    args.push(format!("free: {free}"));
                }
                if *entropy {
                    args.push("form: entropy".into());
                }
                format!("elbo({})", args.join(", "))
            }
            TKind::Kl { q, p } => format!("kl({}, {})", self.model_name(*q), self.model_name(*p)),
            TKind::Iwae { p, q, k } => {
                format!("iwae({}, {}, k: {k})", self.model_name(*p), self.model_name(*q))
            }
            TKind::GradientPenalty { net, u, v } => {
                let n = self.typed.nets.get(*net).map_or("", |n| &n.name);
                format!("{}({n}, {}, {})", self.op("gradient_penalty"), self.expr(u, 0), self.expr(v, 0))
            }
            TKind::Grad { of, at } => format!("grad({}, {})", self.expr(of, 0), self.expr(at, 0)),
            TKind::Corrupt { arg, row, args, schedules } => {
                let amounts =
                    args.values.iter().map(|(n, v, _)| match schedules.iter().find(|(s, _)| s == n) {
                        Some((_, i)) => {
                            self.typed.schedules.get(*i).map_or(String::new(), |s| s.text.clone())
                        }
                        None => v.to_string(),
                    });
                let amounts: Vec<String> = amounts.collect();
                format!(
                    "{}({}, {}({}))",
                    self.op("corrupt"),
                    self.expr(arg, 0),
                    row.name(),
                    amounts.join(", ")
                )
            }
        }
    }

    fn list(&self, es: &[TExpr]) -> String {
        es.iter().map(|e| self.expr(e, 0)).collect::<Vec<_>>().join(", ")
    }

    fn model_name(&self, i: usize) -> String {
        self.typed.models.get(i).map_or(String::new(), |m| m.name.clone())
    }

    fn dist(&self, d: &TDist) -> String {
        self.call(d.row, &d.params, None, false)
    }

    fn density_at(&self, d: &TDist, x: &str) -> String {
        let log = if self.latex { "\\log " } else { "log " };
        format!("{log}{}", self.call(d.row, &d.params, Some(x), false))
    }

    /// A distribution as it is written, `Mixture(Normal(m, s), logits: w)`, at the point `at` if there is one: `Normal(x; m, s)`. With
    /// `named` every parameter has its name.
    fn call(&self, row: &dyn DistRow, params: &[Option<TExpr>], at: Option<&str>, named: bool) -> String {
        let specs = row.dist_params();
        let inside =
            row.form().map(|(form, inner)| (form.name(), inner, inner.dist_params().len().min(params.len())));
        let own = inside.map_or(0, |(_, _, n)| n);
        let mut shown = Vec::new();
        if let Some((_, inner, n)) = inside {
            let (of_inner, _) = params.split_at(n);
            shown.push(self.call(inner, of_inner, None, named));
        }
        let all_ends = specs.iter().zip(params).skip(own).all(|(_, p)| p.is_some());
        for (s, p) in specs.iter().zip(params).skip(own) {
            let Some(p) = p else { continue };
            let v = self.expr(p, 0);
            let end = s.default.is_some_and(f64::is_infinite);
            // What a form adds is told from the row inside by its name, and one end of an interval from the other.
            let by_name = match (named, inside.is_some()) {
                (true, _) => true,
                (false, true) => !(end && all_ends),
                (false, false) => s.group != 0 && at.is_none(),
            };
            let as_default =
                inside.is_some() && matches!((&p.kind, s.default), (TKind::Const(c), Some(d)) if *c == d);
            match (as_default, by_name) {
                (true, _) => {}
                (false, true) => shown.push(format!("{}: {v}", s.name)),
                (false, false) => shown.push(v),
            }
        }
        let name = inside.map_or(row.name(), |(form, _, _)| form);
        let point = at.map_or(String::new(), |x| format!("{x}; "));
        format!("{}({point}{})", self.op(name), shown.join(", "))
    }

    fn expect(&self, over: &str, what: &str) -> String {
        if self.latex {
            format!("\\mathbb{{E}}_{{{over}}}\\left[{what}\\right]")
        } else {
            format!("E_{over}[{what}]")
        }
    }

    /// The discrete sites that a bound sums over because the guide leaves them out.
    fn summed(&self, m: &TModel, g: &TModel) -> Vec<String> {
        density::summable(m, &known(m, Some(g)))
    }

    /// `log sum_k p(k) p(x; k)`: the densities that the summed sites reach.
    fn sum_over(&self, m: &TModel, sites: &[String], known: &[String]) -> String {
        let inside = density::reached(m, sites, known);
        let factors: Vec<String> = m
            .sites
            .iter()
            .filter(|s| inside.contains(&s.name))
            .filter_map(|s| match &s.kind {
                TSiteKind::Draw(d) => {
                    let at = if s.observed || sites.contains(&s.name) {
                        self.name(&s.name)
                    } else {
                        self.recovered(m, &s.name)
                    };
                    let log = self.density_at(d, &at);
                    Some(log.trim_start_matches("\\log ").trim_start_matches("log ").to_string())
                }
                TSiteKind::Bind(_) | TSiteKind::Quantize(_) => None,
            })
            .collect();
        let over: Vec<String> = sites.iter().map(|s| self.name(s)).collect();
        match self.latex {
            true => format!("\\log \\sum_{{{}}} {}", over.join(", "), factors.join(" \\, ")),
            false => format!("log sum_{{{}}} {}", over.join(", "), factors.join(" ")),
        }
    }

    /// How gradients pass through the draws of a guide, and why so. A bound of `several` samples sums over no values, and its score function
    /// has baselines of its own.
    fn estimators(&self, g: &TModel, several: bool, notes: &mut Vec<String>) {
        for s in &g.sites {
            let TSiteKind::Draw(d) = &s.kind else { continue };
            let by = match d.by {
                Estimator::Score { .. } | Estimator::Enumerate if several => {
                    "score function with the other samples as baseline".to_string()
                }
                by @ (Estimator::Score { .. }
                | Estimator::Enumerate
                | Estimator::Pathwise
                | Estimator::Gumbel { .. }) => by.describe(),
            };
            let fitted = match &d.baseline {
                Some(b) if !several => {
                    format!(" {}, which is fitted to the payoff by squared error", self.expr(b, 0))
                }
                Some(_) | None => String::new(),
            };
            let why = match (d.written, d.by) {
                (true, Estimator::Score { .. } | Estimator::Enumerate) if several => String::new(),
                (true, _) => ", as written".to_string(),
                (false, Estimator::Enumerate) if several => {
                    format!(", chosen because a draw of `{}` has no derivative", d.row.name())
                }
                (false, by) => format!(", chosen because {}", estimator::reason(d.row, &s.ty, by)),
            };
            notes.push(format!("the gradient through `{}`: {by}{fitted}{why}", s.name));
        }
    }

    /// Log-density terms of the drawn sites, and one log-determinant for each inverted flow.
    fn exact(&self, m: &TModel, sign: &str, terms: &mut Vec<String>, notes: &mut Vec<String>) {
        if let Density::Exact { summed, .. } = &m.density
            && !summed.is_empty()
        {
            terms.push(format!("{sign}{}", self.sum_over(m, summed, &known(m, None))));
            notes.push(format!("summed exactly over all values of `{}`", summed.join("`, `")));
        }
        let inside = if let Density::Exact { summed, .. } = &m.density {
            density::reached(m, summed, &known(m, None))
        } else {
            Vec::new()
        };
        for s in m.sites.iter().filter(|s| !inside.contains(&s.name)) {
            if let TSiteKind::Draw(d) = &s.kind {
                let at = if s.observed { self.name(&s.name) } else { self.recovered(m, &s.name) };
                terms.push(format!("{sign}{}", self.density_at(d, &at)));
            }
        }
        self.determinants(m, &|_| true, sign, terms, notes);
    }

    /// How a latent site is recovered from the data: `f^-1(x)`.
    fn recovered(&self, m: &TModel, site: &str) -> String {
        for s in &m.sites {
            let (TSiteKind::Bind(e) | TSiteKind::Quantize(e)) = &s.kind else { continue };
            if density::inverted(e) == Some(site) {
                let x = if matches!(s.kind, TSiteKind::Quantize(_)) {
                    format!("{} + u", self.name(&s.name))
                } else {
                    self.name(&s.name)
                };
                return self.inverse_of(e, x);
            }
        }
        self.name(site)
    }

    fn inverse_of(&self, e: &TExpr, x: String) -> String {
        let inv = if self.latex { "^{-1}" } else { "^-1" };
        match &e.kind {
            TKind::Flow { flow, arg, given } => {
                let f = self.typed.flows.get(*flow).map_or(String::new(), |f| self.name(&f.name));
                let given: String = given.iter().map(|g| format!(", {}", self.expr(g, 0))).collect();
                self.inverse_of(arg, format!("{f}{inv}({x}{given})"))
            }
            TKind::Map { row, arg, .. } => self.inverse_of(arg, format!("{}{inv}({x})", self.op(row.name()))),
            _ => x,
        }
    }

    fn determinants(
        &self,
        m: &TModel,
        of: &dyn Fn(&TSite) -> bool,
        sign: &str,
        terms: &mut Vec<String>,
        notes: &mut Vec<String>,
    ) {
        for s in m.sites.iter().filter(|s| of(s)) {
            let (TSiteKind::Bind(e) | TSiteKind::Quantize(e)) = &s.kind else { continue };
            let mut at = e;
            while let TKind::Flow { arg, .. } | TKind::Map { arg, .. } = &at.kind {
                if let TKind::Map { row, args, .. } = &at.kind
                    && s.observed
                    && density::inverted(e).is_some()
                    && !row.keeps_volume(args)
                {
                    let name = self.op(row.name());
                    terms.push(match self.latex {
                        true => format!(
                            "{sign}\\log\\left|\\det \\partial {name}^{{-1}} / \\partial {}\\right|",
                            self.name(&s.name)
                        ),
                        false => format!("{sign}log|det d{name}^-1 / d{}|", s.name),
                    });
                }
                if let TKind::Flow { flow, .. } = &at.kind
                    && density::inverted(e).is_some()
                    && let Some(f) = self.typed.flows.get(*flow)
                {
                    let name = self.name(&f.name);
                    if f.volume_preserving() {
                        notes.push(format!(
                            "`{}` preserves volume: its determinant is 1, so it adds no term",
                            f.name
                        ));
                    } else if self.latex {
                        terms.push(format!(
                            "{sign}\\log\\left|\\det \\partial {name}^{{-1}} / \\partial {}\\right|",
                            self.name(&s.name)
                        ));
                    } else {
                        terms.push(format!("{sign}log|det d{name}^-1 / d{}|", s.name));
                    }
                    if !f.volume_preserving() {
                        let mut kinds: Vec<Jacobian> = f
                            .chain
                            .layers
                            .iter()
                            .map(|l| l.checked.jacobian)
                            .filter(|j| *j != Jacobian::Unit)
                            .collect();
                        kinds.sort();
                        kinds.dedup();
                        let kind = kinds.iter().map(|j| j.words()).collect::<Vec<_>>().join(", ");
                        let all = f.chain.layers.len();
                        let unit =
                            f.chain.layers.iter().filter(|l| l.checked.jacobian == Jacobian::Unit).count();
                        let preserve = if unit == 1 { "preserves" } else { "preserve" };
                        notes.push(match unit {
                            0 => format!("the log-determinant of `{}` is the sum over its {all} layers ({kind} Jacobians)", f.name),
                            _ => format!("the log-determinant of `{}` is the sum over {} of its {all} layers ({kind} Jacobians); the other {unit} {preserve} volume", f.name, all - unit),
                        });
                    }
                    if let Some(added) = &f.fitted {
                        notes.push(format!(
                            "`{}` ends with `{added}`, added because its body yields all reals and it declares `{}`",
                            f.name, f.to
                        ));
                    }
                }
                at = arg;
            }
            if let TSiteKind::Quantize(_) = &s.kind {
                notes
                    .push(format!("`{0}` is dequantised: u ~ Uniform(0, 1) is added, so the value is a lower bound of log p({0})", s.name));
            }
        }
    }

    fn payoff(&self, e: &TExpr, sign: &str, terms: &mut Vec<String>, notes: &mut Vec<String>) {
        let flip = if sign == "-" { "" } else { "-" };
        match &e.kind {
            TKind::Nll(p) => {
                if let Some(m) = self.typed.models.get(*p) {
                    self.exact(m, flip, terms, notes);
                    if matches!(m.density, Density::Exact { dequantised: false, .. }) {
                        notes.push("exact: no bound, no sampling".into());
                    }
                }
            }
            TKind::Elbo { p, q, beta, free, entropy } => {
                self.elbo((*p, *q), beta, (*free, *entropy), sign, terms, notes)
            }
            TKind::Iwae { q, .. } => {
                terms.push(format!("{sign}{}", self.expr(e, 2)));
                if let Some(g) = self.typed.models.get(*q) {
                    self.estimators(g, true, notes);
                }
            }
            TKind::Kl { q, p } => self.kl((*p, *q), false, "", sign, terms, notes),
            TKind::Binary(BinOp::Add, a, b) => {
                self.payoff(a, sign, terms, notes);
                self.payoff(b, sign, terms, notes);
            }
            TKind::Binary(BinOp::Sub, a, b) => {
                self.payoff(a, sign, terms, notes);
                self.payoff(b, flip, terms, notes);
            }
            TKind::Neg(a) => self.payoff(a, flip, terms, notes),
            _ => terms.push(format!("{sign}{}", self.expr(e, 2))),
        }
    }

    fn elbo(
        &self,
        (p, q): (usize, usize),
        beta: &TExpr,
        (free, entropy): (f64, bool),
        sign: &str,
        terms: &mut Vec<String>,
        notes: &mut Vec<String>,
    ) {
        let (Some(m), Some(g)) = (self.typed.models.get(p), self.typed.models.get(q)) else { return };
        let flip = if sign == "-" { "" } else { "-" };
        let weight = match beta.kind {
            TKind::Const(1.0) => String::new(),
            _ if self.latex => format!("{} \\, ", self.expr(beta, 2)),
            _ => format!("{} * ", self.expr(beta, 2)),
        };
        let latent = latent_sites(m, g);
        let summed = self.summed(m, g);
        let inside = density::reached(m, &summed, &known(m, Some(g)));
        for s in m.sites.iter().filter(|s| !latent.contains(&s.name) && !inside.contains(&s.name)) {
            if let TSiteKind::Draw(d) = &s.kind {
                let at = if s.observed { self.name(&s.name) } else { self.recovered(m, &s.name) };
                terms.push(format!("{sign}{}", self.expect(&g.name, &self.density_at(d, &at))));
            }
        }
        if !summed.is_empty() {
            if !of_latents(&inside, &latent, &summed) {
                terms.push(format!(
                    "{sign}{}",
                    self.expect(&g.name, &self.sum_over(m, &summed, &known(m, Some(g))))
                ));
            }
            notes.push(format!("summed exactly over all values of `{}`", summed.join("`, `")));
        }
        self.expected_determinants(m, g, true, sign, terms, notes);
        self.kl((p, q), entropy, &weight, flip, terms, notes);
        if free > 0.0 {
            notes.extend(kl::plan(m, g, entropy).iter().map(|k| floor(k, free)));
        }
        self.estimators(g, false, notes);
    }

    /// The terms of `sign` KL(q ‖ p): in closed form where known, else log q - log p at the guide's sample.
    fn kl(
        &self,
        (p, q): (usize, usize),
        entropy: bool,
        weight: &str,
        sign: &str,
        terms: &mut Vec<String>,
        notes: &mut Vec<String>,
    ) {
        let (Some(m), Some(g)) = (self.typed.models.get(p), self.typed.models.get(q)) else { return };
        let flip = if sign == "-" { "" } else { "-" };
        let mut open = Vec::new();
        for s in &g.sites {
            let TSiteKind::Draw(qd) = &s.kind else { continue };
            match (!entropy && closed_form(m, g, s), m.site(&s.name).map(|o| &o.kind)) {
                (true, Some(TSiteKind::Draw(pd))) => {
                    let bars = if self.latex { "\\,\\|\\," } else { " || " };
                    terms.push(format!(
                        "{sign}{weight}{}({}{bars}{})",
                        self.op("KL"),
                        self.dist(qd),
                        self.dist(pd)
                    ));
                    notes.push(format!(
                        "the KL of `{}` is in closed form: {} against {}",
                        s.name,
                        qd.row.name(),
                        pd.row.name()
                    ));
                }
                _ => open.push((s, qd)),
            }
        }
        if entropy {
            notes.push("the bound in its entropy form, E[log p(x, z)] + H".to_string());
        }
        for (s, qd) in &open {
            if entropy {
                notes.push(match qd.row.entropy() {
                    Ok(_) => format!("the entropy of `{}` is in closed form", s.name),
                    Err(why) => {
                        format!("the entropy of `{}` is estimated with the same sample: {why}", s.name)
                    }
                });
                // The entropy form has the opposite sign of the KL's log q.
                terms.push(format!(
                    "{flip}{weight}{}({})",
                    if self.latex { "\\operatorname{H}" } else { "H" },
                    self.dist(qd)
                ));
                self.guide_determinants(m, g, s, &format!("{flip}{weight}"), terms);
                continue;
            }
            terms.push(format!(
                "{sign}{weight}{}",
                self.expect(&g.name, &self.density_at(qd, &self.name(&s.name)))
            ));
            self.guide_determinants(m, g, s, &format!("{flip}{weight}"), terms);
            notes.push(format!(
                "the KL of `{}` is estimated with one sample of `{}`",
                density::stands_for(m, g, s).name,
                g.name
            ));
        }
        if !open.is_empty() {
            let latent = latent_sites(m, g);
            let summed = self.summed(m, g);
            let inside = density::reached(m, &summed, &known(m, Some(g)));
            if !summed.is_empty() && of_latents(&inside, &latent, &summed) {
                terms.push(format!(
                    "{flip}{weight}{}",
                    self.expect(&g.name, &self.sum_over(m, &summed, &known(m, Some(g))))
                ));
            }
            for s in m.sites.iter().filter(|s| latent.contains(&s.name) && !inside.contains(&s.name)) {
                let TSiteKind::Draw(d) = &s.kind else { continue };
                if !entropy && g.site(&s.name).is_some_and(|gs| closed_form(m, g, gs)) {
                    continue;
                }
                let at = self.recovered(m, &s.name);
                terms.push(format!("{flip}{weight}{}", self.expect(&g.name, &self.density_at(d, &at))));
            }
            self.expected_determinants(m, g, false, &format!("{flip}{weight}"), terms, notes);
        }
    }

    /// The log-determinants of the flows through which a guide's draw goes.
    fn guide_determinants(&self, m: &TModel, g: &TModel, draw: &TSite, sign: &str, terms: &mut Vec<String>) {
        let mut at = density::stands_for(m, g, draw);
        while let TSiteKind::Bind(e) | TSiteKind::Quantize(e) = &at.kind {
            let mut inner = e;
            while let TKind::Flow { arg, .. } | TKind::Map { arg, .. } = &inner.kind {
                let (name, unit) = if let TKind::Flow { flow, .. } = &inner.kind {
                    self.typed
                        .flows
                        .get(*flow)
                        .map_or((String::new(), false), |f| (self.name(&f.name), f.volume_preserving()))
                } else if let TKind::Map { row, .. } = &inner.kind {
                    (self.op(row.name()), false)
                } else {
                    (String::new(), true)
                };
                if !unit {
                    let arg = self.expr(arg, 0);
                    let term = if self.latex {
                        format!("\\log\\left|\\det \\partial {name} / \\partial {arg}\\right|")
                    } else {
                        format!("log|det d{name} / d{arg}|")
                    };
                    terms.push(format!("{sign}{}", self.expect(&g.name, &term)));
                }
                inner = arg;
            }
            match density::inverted(e).and_then(|n| g.site(n)) {
                Some(s) => at = s,
                None => return,
            }
        }
    }

    /// The log-determinants of the flows inverted for the data (`of_data`), or for the guide's samples.
    fn expected_determinants(
        &self,
        m: &TModel,
        g: &TModel,
        of_data: bool,
        sign: &str,
        terms: &mut Vec<String>,
        notes: &mut Vec<String>,
    ) {
        let proposed: Vec<String> = g.sites.iter().map(|s| s.name.clone()).collect();
        let known = density::close(m, &proposed);
        let sites = |s: &TSite| (s.observed || !known.contains(&s.name)) == of_data;
        let mut found = Vec::new();
        self.determinants(m, &sites, "", &mut found, notes);
        terms.extend(found.into_iter().map(|t| format!("{sign}{}", self.expect(&g.name, &t))));
    }
}

/// What free bits do to the KL of a latent site.
fn floor(k: &kl::LatentKl, free: f64) -> String {
    let name = k.name.replace(',', "`, `");
    match k.unit {
        Unit::Dimension => {
            format!("free bits: a dimension of `{name}` whose mean KL is below {free} nats costs {free}")
        }
        Unit::Vector => {
            format!("free bits: a vector of `{name}` whose mean KL is below {free} nats costs {free}")
        }
        Unit::Site => {
            let least = free * k.size as f64;
            format!(
                "free bits: `{name}` costs at least {least} nats, {free} for each of {} dimensions: its KL is one number",
                k.size
            )
        }
        Unit::Nothing => {
            format!("free bits do not reach `{name}`: its prior stands under one sum with the data")
        }
    }
}

fn compile_time(args: &Args) -> String {
    args.values.iter().filter(|v| v.2 != args.span).map(|(n, v, _)| format!(", {n}: {v}")).collect()
}
