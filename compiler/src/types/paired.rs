//! Which data items one example of an expression reads. Every `data` item is a stream of its own: which of its rows meets which row of another
//! item is chance, so nothing may be computed of both row by row.

use super::{Bad, Checker, TExpr, TKind, TModel, TObjective, TVar, Typed, density};
use crate::diag::{Diag, codes};
use crate::rows::objective::Demand;
use crate::span::Span;
use std::collections::BTreeMap;

/// The items that are read, by number, each with the name of a variable of it that is.
type Items = BTreeMap<usize, String>;

/// Variables of two items that are needed row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Unpaired {
    /// What needs them.
    at: Span,
    /// The one.
    one: String,
    /// The other.
    other: String,
}

/// The items, if they are one or none.
fn one_at_most(items: Items, at: Span) -> Result<Items, Unpaired> {
    let mut names = items.values();
    match (names.next(), names.next()) {
        (Some(one), Some(other)) => Err(Unpaired { at, one: one.clone(), other: other.clone() }),
        (Some(_) | None, _) => Ok(items),
    }
}

impl Typed {
    fn item_of(&self, variable: &str) -> Option<usize> {
        self.data.iter().position(|d| d.vars.iter().any(|v| v.name == variable))
    }

    fn items_of<'n>(&self, names: impl IntoIterator<Item = &'n String>) -> Items {
        names.into_iter().filter_map(|n| Some((self.item_of(n)?, n.clone()))).collect()
    }

    /// The items that one example of an expression reads. What is wrong inside a `fn` of another file is said of its call.
    fn items(&self, e: &TExpr) -> Result<Items, Unpaired> {
        self.items_here(e)
            .map_err(|u| if u.at.file == e.span.file { u } else { Unpaired { at: e.span, ..u } })
    }

    fn items_here(&self, e: &TExpr) -> Result<Items, Unpaired> {
        let all = match &e.kind {
            TKind::Data(n) => self.items_of([n]),
            TKind::Sample(m, s) => match self.models.iter().find(|t| t.name == *m) {
                Some(m) => self.items_of_sample(m, s),
                None => Items::new(),
            },
            TKind::Param(i) => self.items_of_param(*i),
            TKind::Objective(o) => {
                self.objective_is_paired(o, e.span)?;
                Items::new()
            }
            TKind::Expect(_) => self.items_within(e).map(|_| Items::new())?,
            TKind::Fn { row, .. } if row.mixes_batch() => self.items_within(e).map(|_| Items::new())?,
            TKind::Const(_)
            | TKind::Schedule(_)
            | TKind::Var(_)
            | TKind::Before(..)
            | TKind::At(..)
            | TKind::Time(_)
            | TKind::Along(_)
            | TKind::Let(_)
            | TKind::Net { .. }
            | TKind::Flow { .. }
            | TKind::Map { .. }
            | TKind::Fn { .. }
            | TKind::Neg(_)
            | TKind::Binary(..)
            | TKind::LogProb { .. }
            | TKind::Grad { .. }
            | TKind::Corrupt { .. }
            | TKind::Others(_) => self.items_within(e)?,
            // Another row is as good as one of another stream, and what is kept is of earlier rows too.
            TKind::Another(_) | TKind::Kept(_) => self.items_within(e).map(|_| Items::new())?,
        };
        one_at_most(all, e.span)
    }

    fn items_within(&self, e: &TExpr) -> Result<Items, Unpaired> {
        let mut all = Items::new();
        for c in self.children(e) {
            all.extend(self.items(c)?);
        }
        one_at_most(all, e.span)
    }

    fn items_of_param(&self, i: usize) -> Items {
        let each = self.param(i).each;
        let variable = each.and_then(|k| self.item(k).vars.first());
        each.zip(variable).map(|(k, v)| (k, v.name.clone())).into_iter().collect()
    }

    /// What a sample of a site is drawn given: conditions, and what a guide holds for each datum.
    fn items_of_sample(&self, m: &TModel, site: &str) -> Items {
        let mut all = Items::new();
        for e in density::upstream(m, site).into_iter().flat_map(density::expressions) {
            e.walk(&mut |e| match &e.kind {
                TKind::Var(n) if m.conds.contains(n) => all.extend(self.items_of([n])),
                TKind::Param(i) => all.extend(self.items_of_param(*i)),
                TKind::Const(_)
                | TKind::Schedule(_)
                | TKind::Data(_)
                | TKind::Sample(..)
                | TKind::Var(_)
                | TKind::Before(..)
                | TKind::At(..)
                | TKind::Time(_)
                | TKind::Along(_)
                | TKind::Let(_)
                | TKind::Net { .. }
                | TKind::Flow { .. } => {}
                TKind::Map { .. }
                | TKind::Fn { .. }
                | TKind::Neg(_)
                | TKind::Binary(..)
                | TKind::Expect(_)
                | TKind::LogProb { .. }
                | TKind::Objective(_)
                | TKind::Grad { .. }
                | TKind::Corrupt { .. } => {}
                TKind::Kept(_) | TKind::Others(_) | TKind::Another(_) => {}
            });
        }
        all
    }

    /// Whether data variables belong to one item, so that their rows are pairs.
    ///
    /// # Errors
    /// Two of which it is not so.
    pub fn paired<'n>(
        &self,
        variables: impl IntoIterator<Item = &'n String>,
    ) -> Result<(), (String, String)> {
        let one = one_at_most(self.items_of(variables), Span::default());
        one.map(|_| ()).map_err(|u| (u.one, u.other))
    }

    /// The density of a model, at the data or as a bound by a guide, is one of rows that belong together.
    fn density_is_paired(&self, m: &TModel, guide: Option<&TModel>, at: Span) -> Result<(), Unpaired> {
        let observed = m.sites.iter().filter(|s| s.observed).map(|s| &s.name);
        let given = guide.iter().flat_map(|g| &g.conds);
        one_at_most(self.items_of(m.conds.iter().chain(observed).chain(given)), at).map(|_| ())
    }

    fn objective_is_paired(&self, o: &TObjective, at: Span) -> Result<(), Unpaired> {
        let model = |i: usize| self.models.get(i);
        match o.row.demands() {
            Demand::Density => model(o.model()).map_or(Ok(()), |m| self.density_is_paired(m, None, at))?,
            Demand::Guide | Demand::Weights | Demand::Noise => {
                model(o.model()).map_or(Ok(()), |m| self.density_is_paired(m, model(o.guide()), at))?;
            }
            Demand::Latent => {
                if let (Some(m), Some(g)) = (model(o.model()), model(o.guide())) {
                    let mut read = g.conds.clone();
                    let part = density::latent_part(m, g);
                    part.sites
                        .iter()
                        .flat_map(density::expressions)
                        .for_each(|e| density::reads(e, &mut read));
                    read.retain(|n| {
                        g.conds.contains(n) || m.conds.contains(n) || m.site(n).is_some_and(|s| s.observed)
                    });
                    one_at_most(self.items_of(&read), at)?;
                }
            }
            // Points between the one and the other: each may come from a stream of its own, and what else the critic reads belongs to it.
            Demand::Weighted => {}
            Demand::Critic => {
                for x in o.inputs() {
                    let mut all = self.items(x)?;
                    for g in &o.critic().given {
                        all.extend(self.items(g)?);
                    }
                    one_at_most(all, at)?;
                }
            }
        }
        o.children().into_iter().try_for_each(|e| self.items(e).map(|_| ()))
    }
}

impl Checker<'_> {
    /// Reports payoffs that need the rows of two items as pairs.
    pub(super) fn unpaired(&mut self) {
        if !self.broken.is_empty() || self.typed.data.len() < 2 {
            return;
        }
        let payoffs = self.typed.train.players.iter().map(|p| &p.payoff);
        let found = payoffs.chain(&self.typed.values).filter_map(|e| self.typed.items(e).err());
        let mut diags: Vec<Diag> = Vec::new();
        for diag in found.map(|u| self.unpaired_here(&u)) {
            if !diags.contains(&diag) {
                diags.push(diag);
            }
        }
        self.diags.extend(diags);
    }

    fn unpaired_here(&self, u: &Unpaired) -> Diag {
        let types = [&u.one, &u.other].map(|n| self.data_var(n).map(|v: &TVar| (v.ty.to_string(), v.span)));
        let [Some(a), Some(b)] = types else { panic!("internal: `{}` or `{}` is no data", u.one, u.other) };
        let item = self.typed.item_of(&u.one).map(|i| self.typed.item(i));
        let source = item.map_or("..", |d| d.row.name());
        codes::e0219::unpaired(u.at, (&u.one, &a), (&u.other, &b), source)
    }

    /// An error where two data variables that are compared example by example come from two items.
    pub(super) fn want_paired(&self, one: &str, other: &str, at: Span) -> Result<(), Bad> {
        match one_at_most(self.typed.items_of([&one.to_string(), &other.to_string()]), at) {
            Ok(_) => Ok(()),
            Err(u) => Err(self.unpaired_here(&u).into()),
        }
    }
}
