//! The KL of a latent site as a value: the closed form, or its estimate at one draw of the guide.

use super::{LatentKl, Unit, proposed_from};
use crate::derive::bound::Form;
use crate::derive::lower::noising::Noised;
use crate::derive::lower::{Ctx, Vars};
use crate::ir::{Scope, Value};
use crate::rows::add_log_dets;
use crate::rows::distribution::kl::closed_form;
use crate::types::noising::Noising;
use crate::types::{TDist, TModel, TSite, TSiteKind, density};

/// The KL of a latent site.
pub struct Kl {
    /// What it belongs to.
    pub of: LatentKl,
    /// `[B]`
    pub total: Value,
    /// Its parts, where it has any, `[B, ..]`: they add up to the total.
    pub each: Option<Value>,
}

/// What is known when the KL of a latent site is put together.
pub(in crate::derive) struct Known<'v> {
    /// The model.
    pub(in crate::derive) m: &'v TModel,
    /// The guide.
    pub(in crate::derive) g: &'v TModel,
    /// Whether entropies in closed form stand for the guide's densities, and which terms of a chain are computed.
    pub(in crate::derive) form: Form,
    /// Values of the guide's names.
    pub(in crate::derive) q: &'v Vars,
    /// Values of the model's names.
    pub(in crate::derive) p: &'v Vars,
    /// Log-densities of the model that belong to a latent site, or to several under one sum.
    pub(in crate::derive) open: &'v [(Vec<String>, Value)],
    /// Log-determinants of the flows inverted for the guide's samples, by what they gave.
    pub(in crate::derive) dets: &'v [(String, Value)],
    /// The guide's chains whose marginals are known.
    pub(in crate::derive) chains: &'v [(String, Noising<'v>)],
}

impl LatentKl {
    /// Whether it is taken element by element.
    pub(in crate::derive) fn in_parts(&self) -> bool {
        matches!(self.unit, Unit::Dimension | Unit::Vector)
    }
}

impl Ctx<'_> {
    /// The KL of a latent site.
    pub(in crate::derive) fn kl(&mut self, of: LatentKl, known: &Known<'_>) -> Kl {
        if let Some((name, chain)) = known.chains.iter().find(|(n, _)| of.draws.contains(n)) {
            let noised = Noised { chain, m: known.m, g: known.g, name, q: known.q, p: known.p };
            let total = self.kl_of_chain(&noised, known.form.terms);
            return Kl { of, total, each: None };
        }
        let each = if of.in_parts() { self.kl_in_parts(&of, known) } else { None };
        let total = match each {
            Some(v) => self.cx.sum_event(v),
            None => self.kl_in_all(&of, known),
        };
        Kl { of, total, each }
    }

    /// By dimension or vector, `[B, ..]`.
    fn kl_in_parts(&mut self, of: &LatentKl, known: &Known<'_>) -> Option<Value> {
        let (s, o) = (known.g.site(of.draws.first()?)?, known.m.site(of.priors.first()?)?);
        let (TSiteKind::Draw(qd), TSiteKind::Draw(pd)) = (&s.kind, &o.kind) else { return None };
        let vector = of.unit == Unit::Vector;
        let mine = self.dist_params(qd, &s.ty, known.q);
        let theirs = self.dist_params(pd, &o.ty, known.p);
        if of.closed {
            self.cx.g.at = s.value_span;
            let kl = closed_form(qd.row, pd.row)?(&mut self.cx.g, &mine, &theirs);
            return Some(self.in_units(kl, s, vector));
        }
        let z = known.q.get(&s.name).copied()?;
        let h = if known.form.entropy { self.entropy(s, qd, known.q, vector) } else { None };
        self.cx.g.at = s.value_span;
        let lq = match h {
            Some(h) => self.cx.neg(h),
            None => {
                let lq = qd.row.log_prob(&mut self.cx.g, &mine, z);
                self.in_units(lq, s, vector)
            }
        };
        let lp = pd.row.log_prob(&mut self.cx.g, &theirs, z);
        let lp = self.in_units(lp, s, vector);
        Some(self.cx.sub(lq, lp))
    }

    /// As one number for each example, `[B]`: log q of the guide's draws less log p of the model's, the log-determinants of the flows on
    /// either side with them.
    fn kl_in_all(&mut self, of: &LatentKl, known: &Known<'_>) -> Value {
        let mut total = None;
        for s in of.draws.iter().filter_map(|n| known.g.site(n)) {
            let log_q = self.log_q(s, known);
            total = add_log_dets(total, log_q, |a, b| self.cx.add(a, b));
        }
        let of_priors = known.open.iter().filter(|(names, _)| names.iter().any(|n| of.priors.contains(n)));
        let of_flows = known.dets.iter().filter(|(n, _)| {
            proposed_from(known.m, known.g, n).is_some_and(|n| of.name.split(',').any(|o| *o == n))
        });
        let g = Scope::of(&mut self.cx.g);
        let less = of_priors.map(|(_, v)| *v).chain(of_flows.map(|(_, v)| *v)).map(|v| g.ex(v));
        let total = less.fold(total.map(|t| g.ex(t)), |total, v| match total {
            Some(t) => Some(t - v),
            None => Some(-v),
        });
        match total {
            Some(t) => t.v,
            None => self.total(&[]),
        }
    }

    /// `log q` of one draw of the guide, as the site for which it stands, `[B]`; less its entropy where that is taken instead.
    fn log_q(&mut self, s: &TSite, known: &Known<'_>) -> Option<Value> {
        let (TSiteKind::Draw(d), Some(z)) = (&s.kind, known.q.get(&s.name).copied()) else { return None };
        let h = if known.form.entropy { self.entropy(s, d, known.q, false) } else { None };
        let lq = match h {
            Some(h) => (-Scope::of(&mut self.cx.g).ex(h).sum_event()).v,
            None => self.log_density(s, d, z, known.q),
        };
        Some(match self.guide_log_det(known.g, density::stands_for(known.m, known.g, s), known.q) {
            Some(ld) => self.cx.sub(lq, ld),
            None => lq,
        })
    }

    /// A quantity of each element of a draw, with the axes of the draw, `[B, ..event]`; where the elements along the last axis are drawn
    /// together, their sum, `[B, ..]` without that axis.
    fn in_units(&mut self, v: Value, s: &TSite, vector: bool) -> Value {
        let shape = self.shape(&s.ty.shape);
        let v = Scope::of(&mut self.cx.g).ex(v).broadcast(&shape);
        if vector { v.sum_last().v } else { v.v }
    }

    /// Entropy of a guide's draw by dimension or vector, where the row knows it.
    fn entropy(&mut self, s: &TSite, d: &TDist, vars: &Vars, vector: bool) -> Option<Value> {
        let params = self.dist_params(d, &s.ty, vars);
        self.cx.g.at = s.value_span;
        let h = d.row.entropy().ok()?(&mut self.cx.g, &params);
        Some(self.in_units(h, s, vector))
    }
}
