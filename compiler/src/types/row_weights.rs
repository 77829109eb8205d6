//! Weights of rows: where they fit the goal.

use super::{Checker, TData, TExpr, TKind};
use crate::diag::codes;
use crate::rows::Row;
use crate::rows::data::WEIGHT;
use crate::rows::objective::{GradientPenalty, Orthogonal};

impl Checker<'_> {
    /// Refuses weights where not every payoff is a mean over the rows of these data alone.
    pub(super) fn row_weights(&mut self) {
        let Some(span) = self.typed.data.iter().find(|d| d.weighted()).map(|d| d.args.span_of(WEIGHT)) else {
            return;
        };
        if let [one, other, ..] = self.typed.data.as_slice() {
            let other = if TData::weighted(one) { other.span } else { one.span };
            self.say(codes::e0230::several_items(span, other));
            return;
        }
        let mut found = None;
        for p in &self.typed.train.players {
            self.walk(&p.payoff, &mut |c, e| {
                if let (Some(what), None) = (c.beside_rows(e), &found) {
                    found = Some((what, e.span));
                }
            });
        }
        if let Some((what, at)) = found {
            self.say(codes::e0230::not_of_rows(&what, at, span));
        }
    }

    /// What an expression itself reads beside its own row, in words.
    fn beside_rows(&self, e: &TExpr) -> Option<String> {
        if let TKind::Sample(model, site) = &e.kind {
            let drawn = self.typed.models.iter().any(|m| m.name == *model);
            return drawn.then(|| format!("`{model}.{site}`, which is drawn"));
        }
        if let TKind::Objective(o) = &e.kind {
            let name = o.row.name();
            return [GradientPenalty.name(), Orthogonal.name()].contains(&name).then(|| format!("`{name}`"));
        }
        if let TKind::Fn { row, .. } = &e.kind {
            return row.mixes_batch().then(|| format!("`{}`", row.name()));
        }
        self.typed.mentions_another(e).then(|| "other examples".to_string())
    }
}
