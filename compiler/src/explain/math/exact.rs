//! Exact log-densities: of draws, of what flows recover from the data, of sums over discrete sites.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one form of expression is asked for; all others are alike"
)]

use super::{Sign, Writer};
use crate::derive::kl::known;
use crate::types::{Density, TExpr, TKind, TModel, TSite, TSiteKind, density};

impl<'t> Writer<'t> {
    /// Log-density terms of the drawn sites, and one log-determinant for each inverted flow.
    pub(super) fn exact(&mut self, m: &'t TModel, sign: Sign) {
        let mut inside = Vec::new();
        if let Density::Exact { summed, .. } = &m.density {
            let known = known(m, None);
            if !summed.is_empty() {
                let sum = self.sum_over(m, summed, &known);
                self.term(sign, &sum);
                self.note(format!("summed exactly over all values of `{}`", summed.join("`, `")));
            }
            inside = density::reached(m, summed, &known);
        }
        for s in m.sites.iter().filter(|s| !inside.contains(&s.name)) {
            if let TSiteKind::Draw(d) = &s.kind {
                let each = self.log_densities_at(d, &self.point(m, s));
                each.iter().for_each(|text| self.term(sign, text));
            }
        }
        let found = self.determinants(m, &|_| true);
        found.iter().for_each(|t| self.term(sign, t));
    }

    /// Where the density of a site is taken.
    pub(super) fn point(&self, m: &TModel, s: &TSite) -> String {
        if s.observed { self.n.name(&s.name) } else { self.recovered(m, &s.name) }
    }

    /// How a latent site is recovered from the data: `f^-1(x)`.
    pub(super) fn recovered(&self, m: &TModel, site: &str) -> String {
        for s in &m.sites {
            let (TSiteKind::Bind(e) | TSiteKind::Quantize(e)) = &s.kind else { continue };
            if density::inverted(e) == Some(site) {
                let x = self.n.name(&s.name);
                let noisy = matches!(s.kind, TSiteKind::Quantize(_));
                return self.inverse_of(e, if noisy { format!("{x} + u") } else { x });
            }
        }
        self.n.name(site)
    }

    fn inverse_of(&self, e: &TExpr, x: String) -> String {
        let inv = self.n.either("^{-1}", "^-1");
        match &e.kind {
            TKind::Flow { flow, arg, given } => {
                let given: String = given.iter().map(|g| format!(", {}", self.n.expr(g, 0))).collect();
                self.inverse_of(arg, format!("{}{inv}({x}{given})", self.n.flow(*flow)))
            }
            TKind::Map { row, arg, .. } => {
                self.inverse_of(arg, format!("{}{inv}({x})", self.n.op(row.name())))
            }
            _ => x,
        }
    }

    /// `log sum_k p(k) p(x; k)`: the densities that the summed sites reach.
    pub(super) fn sum_over(&self, m: &TModel, sites: &[String], known: &[String]) -> String {
        let inside = density::reached(m, sites, known);
        let factor = |s: &TSite| match &s.kind {
            TSiteKind::Draw(d) => {
                let open = sites.contains(&s.name);
                let at = if open { self.n.name(&s.name) } else { self.point(m, s) };
                Some(self.factors_at(d, &at))
            }
            TSiteKind::Bind(_) | TSiteKind::Quantize(_) => None,
        };
        let factors: Vec<String> =
            m.sites.iter().filter(|s| inside.contains(&s.name)).filter_map(factor).collect();
        let over: Vec<String> = sites.iter().map(|s| self.n.name(s)).collect();
        let sum = self.n.either("\\log \\sum", "log sum");
        format!("{sum}_{{{}}} {}", over.join(", "), factors.join(self.n.either(" \\, ", " ")))
    }
}
