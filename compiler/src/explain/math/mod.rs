//! Objectives as people write them: plain text and LaTeX from one tree walk.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one form of expression is asked for; all others are alike"
)]

mod bound;
pub mod equations;
mod exact;
mod goal;
pub mod mathml;
mod noising;
mod volume;
mod weights;

use crate::derive::kl::{self, known};
use crate::rows::objective::{self, Elbo, ObjectiveRow};
use crate::syntax::ast::BinOp;
use crate::types::text::Notation;
use crate::types::{
    Density, TDist, TExpr, TKind, TModel, TObjective, TPlayer, TSiteKind, Times, Typed, bound_of, density,
};

/// The objective of one player, one line a term.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// The player.
    pub player: String,
    /// `maximizes` or `minimizes`.
    pub verb: &'static str,
    /// Whether the compiler supplied it.
    pub derived: bool,
    /// The terms as they may be written in a spec, with their sign, in order.
    pub goal: Vec<String>,
    /// The same terms down to distributions, with their sign, in order.
    pub terms: Vec<String>,
    /// Facts about how terms are computed.
    pub notes: Vec<String>,
}

/// The objective of a player.
pub fn objective(typed: &Typed, p: &TPlayer, latex: bool) -> Objective {
    let mut w = Writer {
        n: Notation { typed, latex, lets: true, another: false },
        terms: Vec::new(),
        notes: Vec::new(),
    };
    w.payoff(&p.payoff, Sign::Plus);
    // Two terms may be about one flow.
    let mut notes: Vec<String> = Vec::new();
    w.notes.into_iter().for_each(|n| {
        if !notes.contains(&n) {
            notes.push(n)
        }
    });
    notes.extend(typed.data.iter().filter_map(|d| {
        Some(format!("means over the data count each row by the column {} over its own mean", d.weight()?))
    }));
    Objective {
        player: p.name.clone(),
        verb: if p.maximize { "maximizes" } else { "minimizes" },
        derived: p.derived,
        goal: goal::terms(typed, &p.payoff),
        terms: w.terms,
        notes,
    }
}

/// The sign before a term.
#[derive(Clone, Copy)]
enum Sign {
    Plus,
    Minus,
}

impl Sign {
    fn text(self) -> &'static str {
        match self {
            Sign::Plus => "",
            Sign::Minus => "-",
        }
    }
    fn flipped(self) -> Sign {
        match self {
            Sign::Plus => Sign::Minus,
            Sign::Minus => Sign::Plus,
        }
    }
}

/// The sign and the factor before a term.
#[derive(Clone, Copy)]
struct Factor<'a> {
    sign: Sign,
    /// `beta * `, or nothing.
    weight: &'a str,
}

impl Factor<'_> {
    fn flipped(self) -> Self {
        Factor { sign: self.sign.flipped(), ..self }
    }
}

impl From<Sign> for Factor<'_> {
    fn from(sign: Sign) -> Self {
        Factor { sign, weight: "" }
    }
}

/// Terms and notes as they are found.
struct Writer<'t> {
    n: Notation<'t>,
    terms: Vec<String>,
    notes: Vec<String>,
}

impl<'t> Writer<'t> {
    fn term<'f>(&mut self, factor: impl Into<Factor<'f>>, text: &str) {
        let factor = factor.into();
        self.terms.push(format!("{}{}{text}", factor.sign.text(), factor.weight));
    }

    fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    fn model(&self, i: usize) -> Option<&'t TModel> {
        self.n.typed.models.get(i)
    }

    fn payoff(&mut self, e: &'t TExpr, sign: Sign) {
        match &e.kind {
            TKind::Objective(o) => match WRITTEN.iter().find(|(row, _)| row.name() == o.row.name()) {
                Some((_, written)) => written(self, o, sign),
                None => self.itself(e, sign),
            },
            TKind::Binary(BinOp::Add, a, b) => {
                self.payoff(a, sign);
                self.payoff(b, sign);
            }
            TKind::Binary(BinOp::Sub, a, b) => {
                self.payoff(a, sign);
                self.payoff(b, sign.flipped());
            }
            TKind::Neg(a) => self.payoff(a, sign.flipped()),
            TKind::Binary(BinOp::Mul, a, b) if goal::holds_objective(&self.n, b) => {
                let factor = self.n.expr(a, 2);
                self.scaled(b, sign, |n, t| format!("{factor}{}{t}", n.either(" \\, ", " * ")));
            }
            TKind::Binary(BinOp::Mul, a, b) if goal::holds_objective(&self.n, a) => {
                let factor = self.n.expr(b, 2);
                self.scaled(a, sign, |n, t| format!("{t}{}{factor}", n.either(" \\, ", " * ")));
            }
            TKind::Binary(BinOp::Div, a, b) if goal::holds_objective(&self.n, a) => {
                let by = self.n.expr(b, 3);
                self.scaled(a, sign, |n, t| format!("{t}{}{by}", n.either(" \\,/\\, ", " / ")));
            }
            TKind::Let(i) if self.n.stands_for(e).is_some() => {
                self.payoff(&self.n.typed.bound(*i).1, sign);
            }
            _ => self.itself(e, sign),
        }
    }

    /// What holds an objective, with a factor around it.
    fn scaled(&mut self, e: &'t TExpr, sign: Sign, with: impl Fn(&Notation<'t>, &str) -> String) {
        let before = self.terms.len();
        self.payoff(e, Sign::Plus);
        let inner = self.terms.split_off(before);
        let (sign, text) = match inner.as_slice() {
            [one] => match one.strip_prefix('-') {
                Some(t) => (sign.flipped(), t.to_string()),
                None => (sign, one.clone()),
            },
            several => {
                let each = several.iter().enumerate().map(|(i, t)| match t.strip_prefix('-') {
                    Some(t) if i > 0 => format!(" - {t}"),
                    None if i > 0 => format!(" + {t}"),
                    Some(_) | None => t.clone(),
                });
                let (open, close) = if self.n.latex { ("\\left(", "\\right)") } else { ("(", ")") };
                (sign, format!("{open}{}{close}", each.collect::<String>()))
            }
        };
        let text = with(&self.n, &text);
        self.term(sign, &text);
    }

    /// A term that is written as it stands in the spec.
    fn itself(&mut self, e: &'t TExpr, sign: Sign) {
        let text = self.n.expr(e, 2);
        self.term(sign, &text);
    }

    /// `log Normal(x; m, s)`
    fn log_density_at(&self, d: &TDist, x: &str) -> String {
        if let Some(o) = &d.order {
            let (index, order) = (self.n.name(&o.index), self.n.order(&o.text));
            let (sum, at) = match self.n.latex {
                true => (format!("\\sum_{{{index} \\in {order}}} \\log "), format!("{x}_{{{index}}}")),
                false => (format!("sum_{{{index} in {order}}} log "), format!("{x}[{index}]")),
            };
            return format!("{sum}{}", self.n.density_at(d, &at));
        }
        if d.time.is_some() {
            return self.log_densities_at(d, x).join(" + ");
        }
        format!("{}{}", self.n.either("\\log ", "log "), self.n.density_at(d, x))
    }

    /// The terms of a log-density: one for each statement of a site in time.
    fn log_densities_at(&self, d: &TDist, x: &str) -> Vec<String> {
        match &d.time {
            Some(time) => {
                let pieces = time.pieces.iter().enumerate();
                pieces.map(|(k, times)| self.piece_at(&d.piece(k), times, x)).collect()
            }
            None => vec![self.log_density_at(d, x)],
        }
    }

    /// `log Normal(z[0]; 0, 1)`, `sum_{t in 1..16} log Normal(z[t]; f(z[t - 1]), s)`
    fn piece_at(&self, d: &TDist, times: &Times, x: &str) -> String {
        let at = |i: &str| if self.n.latex { format!("{x}_{{{i}}}") } else { format!("{x}[{i}]") };
        let log = self.n.either("\\log ", "log ");
        match &times.index {
            None => format!("{log}{}", self.n.density_at(d, &at(&times.from.to_string()))),
            Some(t) => {
                let over = if self.n.latex { times.latex() } else { times.to_string() };
                let sum = self.n.either("\\sum", "sum");
                format!("{sum}_{{{over}}} {log}{}", self.n.density_at(d, &at(t)))
            }
        }
    }

    /// The same in plain text, as notes are.
    fn plainly(&self) -> Writer<'t> {
        Writer { n: Notation { latex: false, ..self.n }, terms: Vec::new(), notes: Vec::new() }
    }

    /// What the densities of data that are drawn in an order are, element by element.
    fn chain_rules(&mut self, m: &TModel, given: &[String]) {
        for s in m.sites.iter().filter(|s| s.observed) {
            if let TSiteKind::Draw(d) = &s.kind
                && d.order.is_some()
            {
                let bar = if given.is_empty() { String::new() } else { format!(" | {}", given.join(", ")) };
                let (x, p) = (&s.name, &m.name);
                let sum = self.plainly().log_density_at(d, x);
                self.note(format!("the chain rule: log {p}({x}{bar}) = {sum}"));
            }
        }
        self.chain_in_time(m);
    }

    /// The joint density of a model with a chain in time, factor by factor.
    fn chain_in_time(&mut self, m: &TModel) {
        let mut drawn = Vec::new();
        let mut chained = false;
        let plain = self.plainly();
        for s in &m.sites {
            match &s.kind {
                TSiteKind::Draw(d) => {
                    chained |= d.time.as_ref().is_some_and(|t| t.chained());
                    drawn.push((s.name.clone(), plain.log_densities_at(d, &s.name).join(" + ")));
                }
                // What a flow computes has a determinant.
                TSiteKind::Bind(e) if density::inverted(e).is_none() => {}
                TSiteKind::Bind(_) | TSiteKind::Quantize(_) => return,
            }
        }
        if chained {
            let (names, sums): (Vec<String>, Vec<String>) = drawn.into_iter().unzip();
            let bar = if m.conds.is_empty() { String::new() } else { format!(" | {}", m.conds.join(", ")) };
            let (p, sum) = (&m.name, sums.join(" + "));
            self.note(format!("the chain rule: log {p}({}{bar}) = {sum}", names.join(", ")));
        }
    }

    /// `Categorical(z[0]; w) prod_{t in 1..16} Categorical(z[t]; f(z[t - 1]))`
    fn factors_at(&self, d: &TDist, x: &str) -> String {
        if let Some(o) = &d.order {
            let (index, order) = (self.n.name(&o.index), self.n.op(&o.text));
            let (product, at) = match self.n.latex {
                true => (format!("\\prod_{{{index} \\in {order}}} "), format!("{x}_{{{index}}}")),
                false => (format!("prod_{{{index} in {order}}} "), format!("{x}[{index}]")),
            };
            return format!("{product}{}", self.n.density_at(d, &at));
        }
        let Some(time) = &d.time else { return self.n.density_at(d, x) };
        let each = time.pieces.iter().enumerate().map(|(k, times)| {
            let at = |i: &str| if self.n.latex { format!("{x}_{{{i}}}") } else { format!("{x}[{i}]") };
            let (piece, prod) = (d.piece(k), self.n.either("\\prod", "prod"));
            match &times.index {
                None => self.n.density_at(&piece, &at(&times.from.to_string())),
                Some(t) => {
                    let over = if self.n.latex { times.latex() } else { times.to_string() };
                    format!("{prod}_{{{over}}} {}", self.n.density_at(&piece, &at(t)))
                }
            }
        });
        each.collect::<Vec<_>>().join(self.n.either(" \\, ", " "))
    }

    fn expect(&self, over: &str, what: &str) -> String {
        let over = self.n.name(over);
        if self.n.latex {
            format!("\\mathbb{{E}}_{{{over}}}\\left[{what}\\right]")
        } else {
            format!("E_{over}[{what}]")
        }
    }

    /// `log|det df / dx|`
    fn log_det(&self, of: &str, by: &str) -> String {
        if self.n.latex {
            format!("\\log\\left|\\det \\partial {of} / \\partial {by}\\right|")
        } else {
            format!("log|det d{of} / d{by}|")
        }
    }
}

/// Writes an objective as the terms that it adds up to, and facts about them.
type Written = for<'t> fn(&mut Writer<'t>, &'t TObjective, Sign);

/// The objectives about which there is more to say than their names.
const WRITTEN: &[(&dyn ObjectiveRow, Written)] = &[
    (&objective::Nll, |w, o, sign| {
        let Some(m) = w.model(o.model()) else { return };
        w.exact(m, sign.flipped());
        if matches!(m.density, Density::Exact { dequantised: false, .. }) {
            w.note("exact: no bound, no sampling".into());
        }
        w.chain_rules(m, &bound_of::conditions(m, &bound_of::data(m)));
    }),
    (&objective::Elbo, |w, o, sign| {
        let (Some(m), Some(g)) = (w.model(o.model()), w.model(o.guide())) else { return };
        let (entropy, terms) = (Elbo::entropy(&o.args), Elbo::terms(&o.args));
        let pair = bound::Pair { m, g, entropy, terms, of: None };
        w.elbo(&pair, o.amount(Elbo::BETA.name), Elbo::free(&o.args), sign);
        w.chain_rules(m, &bound_of::given(m, g, &bound_of::data(m)));
    }),
    (&objective::Iwae, |w, o, sign| {
        let (Some(m), Some(g)) = (w.model(o.model()), w.model(o.guide())) else { return };
        let k = objective::Iwae::samples(&o.args);
        let text = weights::of(&w.n, (m, g), k).unwrap_or_else(|| w.n.objective(o));
        w.term(sign, &text);
        w.note(format!("the mean is over {k} independent draws of the guide"));
        w.estimators(g, true);
    }),
    (&objective::NoiseError, |w, o, sign| {
        let (Some(m), Some(g)) = (w.model(o.model()), w.model(o.guide())) else { return };
        let text = w.expect(&g.name, w.n.either("\\operatorname{mean}_t |e - e_p|^2", "mean_t |e - e_p|^2"));
        w.term(sign, &text);
        for (name, chain) in &kl::noised(m, g) {
            let Some(site) = g.site(name) else { continue };
            let of = noising::Chain { chain, m, g, site };
            w.chain_notes(&of);
            w.which_terms(&of, Elbo::terms(&o.args));
        }
        w.note("no bound: the steps count alike, whatever their KLs weigh (Ho et al. 2020, eq. 14)".into());
    }),
    (&objective::Kl, |w, o, sign| {
        let (Some(m), Some(g)) = (w.model(o.model()), w.model(o.guide())) else { return };
        let of = objective::Kl::sites(&o.args);
        w.kl(&bound::Pair { m, g, entropy: false, terms: Elbo::terms(&o.args), of }, sign.into());
    }),
    (&objective::GradientPenalty, |w, o, sign| {
        let (critic, [u, v]) = weights::penalty(&w.n, o);
        let between = w.n.either("\\hat x", "w");
        let text = match w.n.latex {
            true => format!(
                "\\mathbb{{E}}\\left[\\left(\\left\\|\\nabla_{{{between}}} {critic}\\right\\| - 1\\right)^2\\right]"
            ),
            false => format!("E[(norm(grad({critic}, {between})) - 1)^2]"),
        };
        w.term(sign, &text);
        w.note(format!(
            "w lies at random between {u} and {v}: w = a * {u} + (1 - a) * {v}, a ~ Uniform(0, 1) for each example"
        ));
    }),
];

/// The discrete sites that a bound sums over because the guide leaves them out.
fn summed(m: &TModel, g: &TModel) -> Vec<String> {
    density::summed_over(m, &known(m, Some(g)))
}
