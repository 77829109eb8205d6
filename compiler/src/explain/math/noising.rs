//! Chains of a guide whose marginals are known: the terms of their KL, and what is known of them.

use super::{Factor, Writer};
use crate::rows::distribution::kl::closed_form;
use crate::rows::objective::Terms;
use crate::types::known_times::{Linear, at};
use crate::types::noising::{Group, Noising};
use crate::types::{TDist, TExpr, TKind, TModel, TSite, TSiteKind, Times, density};

/// A chain in a model and a guide.
pub(super) struct Chain<'t, 'c> {
    pub(super) chain: &'c Noising<'t>,
    pub(super) m: &'t TModel,
    pub(super) g: &'t TModel,
    pub(super) site: &'t TSite,
}

impl Chain<'_, '_> {
    fn prior(&self) -> Option<&TDist> {
        match &self.m.site(&self.site.name)?.kind {
            TSiteKind::Draw(d) => Some(d),
            TSiteKind::Bind(_) | TSiteKind::Quantize(_) => None,
        }
    }
    /// The times of a statement of the model, but for the last position where it stands alone.
    fn times(&self, group: &Group) -> Option<Times> {
        let own = self.prior()?.time.as_ref()?.pieces.get(group.statement)?.clone();
        let all = self.chain.times.get(group.from..group.from + group.len)?;
        let (from, to) = (*all.iter().min()?, *all.iter().max()? + 1);
        Some(Times { index: own.index.filter(|_| group.len > 1), from, to, ..own })
    }
}

/// A number as it is read: four digits.
fn short(x: f64) -> String {
    let text = if x != 0.0 && x.abs() < 1e-3 { format!("{x:.3e}") } else { format!("{x:.4}") };
    text.strip_suffix(".0000").map_or(text.clone(), str::to_string)
}

impl<'t> Writer<'t> {
    /// The KL of a chain, statement by statement of the model, the last position first, and notes about it.
    pub(super) fn chain_kl(&mut self, of: &Chain<'t, '_>, terms: Terms, factor: Factor<'_>) {
        for group in of.chain.groups.iter().rev() {
            let Some(text) = self.group_kl(of, group) else { continue };
            self.term(factor, &text);
        }
        self.chain_notes(of);
        if let Some(d) = of.prior().filter(|_| of.chain.steps() > 1) {
            let q = density::drawn(of.site).map(|q| q.row);
            let how = match q.is_some_and(|q| closed_form(q, d.row).is_some()) {
                true => "in closed form at one draw of the next value",
                false => "estimated at one draw of it and the next value",
            };
            self.note(format!("each term of `{}` is {how}; nothing runs through the chain", of.site.name));
        }
        self.which_terms(of, terms);
    }

    fn group_kl(&self, of: &Chain<'t, '_>, group: &Group) -> Option<String> {
        let (z, q) = (self.n.name(&of.site.name), self.n.name(&of.g.name));
        let piece = of.prior()?.piece(group.statement);
        let times = of.times(group)?;
        let bars = self.n.either("\\,\\|\\,", " || ");
        let given = self.given(of);
        let index = |i: &str, more: usize| {
            let at = match (i.parse::<usize>(), more) {
                (Ok(n), k) => (n + k).to_string(),
                (Err(_), 0) => i.to_string(),
                (Err(_), k) => format!("{i} + {k}"),
            };
            if self.n.latex { format!("{z}_{{{at}}}") } else { format!("{z}[{at}]") }
        };
        let upwards = of.chain.times.first() < of.chain.times.last();
        let here = times.index.clone().unwrap_or_else(|| times.from.to_string());
        let next = match upwards {
            true => index(&here, 1),
            false => match here.parse::<usize>() {
                Ok(n) => index(&n.saturating_sub(1).to_string(), 0),
                Err(_) => index(&format!("{here} - 1"), 0),
            },
        };
        let bar = self.n.either(" \\mid ", " | ");
        let (kl, dist, here) = (self.n.op("KL"), self.n.dist(&piece), index(&here, 0));
        Some(match group.last {
            true if given.is_empty() => format!("{kl}({q}({here}){bars}{dist})"),
            true => format!("{kl}({q}({here}{bar}{given}){bars}{dist})"),
            false => {
                let comma = if given.is_empty() { String::new() } else { format!(", {given}") };
                let text = format!("{kl}({q}({here}{bar}{next}{comma}){bars}{dist})");
                let text = match &times.index {
                    None => text,
                    Some(_) => {
                        let over = if self.n.latex { times.latex() } else { times.to_string() };
                        format!("{}_{{{over}}} {text}", self.n.either("\\sum", "sum"))
                    }
                };
                self.expect(&of.g.name, &text)
            }
        })
    }

    /// What the first mean reads.
    fn given(&self, of: &Chain<'t, '_>) -> String {
        let mut names = Vec::new();
        density::reads(of.chain.start, &mut names);
        names.iter().map(|n| self.n.name(n)).collect::<Vec<_>>().join(", ")
    }

    /// Marginals, and what a step is in terms of noise.
    pub(super) fn chain_notes(&mut self, of: &Chain<'t, '_>) {
        let (chain, z, q) = (of.chain, &of.site.name, &of.g.name);
        let (Some(first), Some(last)) = (chain.times.first(), chain.times.last()) else { return };
        let ends = |all: Vec<f64>| {
            let of = |x: Option<&f64>| x.map_or(String::new(), |x| short(*x));
            format!("from {} at {z}[{first}] to {} at {z}[{last}]", of(all.first()), of(all.last()))
        };
        let given = self.given(of);
        let bar = if given.is_empty() { String::new() } else { format!(" | {given}") };
        let start = self.said(chain.start, *first);
        self.note(format!(
            "the noise of `{z}` in `{q}` is known: {q}({z}[t]{bar}) = Normal(A * {start}, S), A {}, S {} (Ho et al. 2020, eq. 4; what it is given the next value, eq. 6 and 7)",
            ends(chain.keep.clone()),
            ends(chain.variance.iter().map(|v| v.sqrt()).collect()),
        ));
        for group in chain.groups.iter().filter(|g| !g.last) {
            if let Some(text) = self.in_noise(of, group) {
                self.note(text);
            }
        }
    }

    /// An expression at a time, with its known factors as numbers.
    fn said(&self, e: &TExpr, t: usize) -> String {
        let of = Linear::of(e, t as f64);
        let times = self.n.either(" \\, ", " * ");
        let mut text = String::new();
        for (term, factor) in &of.terms {
            let size =
                if factor.abs() == 1.0 { String::new() } else { format!("{}{times}", short(factor.abs())) };
            let sign = match (text.is_empty(), *factor < 0.0) {
                (true, false) => "",
                (true, true) => "-",
                (false, false) => " + ",
                (false, true) => " - ",
            };
            text.push_str(&format!("{sign}{size}{}", self.n.expr(term, 2)));
        }
        match (text.is_empty(), of.offset) {
            (true, c) => return short(c),
            (false, 0.0) => {}
            (false, c) => {
                text.push_str(&format!("{}{}", if c < 0.0 { " - " } else { " + " }, short(c.abs())))
            }
        }
        if of.terms.len() == 1 && of.offset == 0.0 { text } else { format!("({text})") }
    }

    /// With which weight the squared error of the noise is the KL of a step, and what in the model says the noise.
    fn in_noise(&self, of: &Chain<'t, '_>, group: &Group) -> Option<String> {
        let d = of.prior().filter(|d| d.row.name() == "Normal")?;
        let piece = d.piece(group.statement);
        let [Some(loc), Some(scale)] = piece.params.as_slice() else { return None };
        let mut weights = Vec::new();
        for i in group.from..group.from + group.len {
            let s = at(scale, *of.chain.times.get(i)? as f64)?;
            weights.push(of.chain.of_noise(i).powi(2) / (2.0 * s * s));
        }
        let range = match (weights.first()?, weights.last()?) {
            (a, b) if a == b => format!("w = {}", short(*a)),
            (a, b) => format!("w from {} to {}", short(*a), short(*b)),
        };
        let said = match self.said_noise(of, group, loc) {
            Some(text) => format!("e_p = {text} is the noise that the model says"),
            None => "e_p is the noise that the model's mean stands for".to_string(),
        };
        let times = of.times(group)?;
        let at =
            times.index.clone().map_or_else(|| format!("step {}", times.from), |_| format!("steps {times}"));
        Some(format!(
            "in noise: where the next value is A * m + S * e, the KL at {at} is w |e - e_p|^2 and a constant, {range}; {said} (Ho et al. 2020, eq. 12)"
        ))
    }

    /// The expression that is the noise: the mean is (next value - factor times it) / a at every step.
    fn said_noise(&self, of: &Chain<'t, '_>, group: &Group, loc: &TExpr) -> Option<String> {
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-6 * b.abs();
        let mut found = None;
        for i in group.from..group.from + group.len {
            let all = Linear::of(loc, *of.chain.times.get(i)? as f64);
            let own = |e: &TExpr| matches!(&e.kind, TKind::At(x, _) if matches!(x.kind, TKind::Before(..)));
            let (values, others): (Vec<_>, Vec<_>) = all.terms.iter().partition(|(e, _)| own(e));
            let whole: f64 = values.iter().map(|(_, f)| f).sum();
            let [(said, factor)] = others.as_slice() else { return None };
            let fits = near(whole, 1.0 / of.chain.factor.get(i + 1)?)
                && near(-factor, of.chain.of_noise(i))
                && all.offset == 0.0;
            if !fits {
                return None;
            }
            found = Some(self.n.expr(said, 0));
        }
        found
    }

    /// Which terms of the sum are computed, and why.
    pub(super) fn which_terms(&mut self, of: &Chain<'t, '_>, terms: Terms) {
        let z = &of.site.name;
        let (longest, several) = (of.chain.groups.iter().map(|g| g.len).max().unwrap_or(1), of.chain.steps());
        if longest < 2 {
            return;
        }
        let one = |n: usize| {
            format!(
                "of the {n} steps of `{z}` one is drawn for each example and counts {n} times, which is their sum in the mean"
            )
        };
        let all = format!("all {several} steps of `{z}` are summed, in a counted loop");
        let measured = "where data are measured all are summed, in a counted loop";
        self.note(match terms {
            Terms::One => format!("{}, as written; {measured}", one(longest)),
            Terms::All => format!("{all}, as written"),
            Terms::Auto if terms.one_of(longest, false) => format!(
                "in training, {}, chosen because there are more than {} (`terms: all` sums all); {measured}",
                one(longest),
                Terms::MOST_IN_TRAINING
            ),
            Terms::Auto => {
                format!(
                    "{all}, chosen because there are at most {} (`terms: one` draws one)",
                    Terms::MOST_IN_TRAINING
                )
            }
        });
    }
}
