//! Log-determinants of flows and maps, run either way.

use super::{Factor, Writer};
use crate::rows::Jacobian;
use crate::types::{TExpr, TFlow, TKind, TModel, TSite, TSiteKind, density};

impl<'t> Writer<'t> {
    /// The log-determinants of the flows and maps that are inverted for these sites of a model.
    pub(super) fn determinants(&mut self, m: &'t TModel, of: &dyn Fn(&TSite) -> bool) -> Vec<String> {
        let mut found = Vec::new();
        for s in m.sites.iter().filter(|s| of(s)) {
            let (TSiteKind::Bind(e) | TSiteKind::Quantize(e)) = &s.kind else { continue };
            let invertible = density::inverted(e).is_some();
            let mut at = e;
            while let TKind::Flow { arg, .. } | TKind::Map { arg, .. } = &at.kind {
                if invertible {
                    found.extend(self.determinant(s, at));
                }
                at = arg;
            }
            if let TSiteKind::Quantize(_) = &s.kind {
                self.note(format!(
                    "`{0}` is dequantised: u ~ Uniform(0, 1) is added, so the value is a lower bound of log p({0})",
                    s.name
                ));
            }
        }
        found
    }

    /// That of one flow or map, which gives site `s` of the model; `None` where it is 0.
    fn determinant(&mut self, s: &TSite, e: &TExpr) -> Option<String> {
        let inverse = |name: &str| format!("{name}{}", self.n.either("^{-1}", "^-1"));
        let by = self.n.name(&s.name);
        if let TKind::Map { row, args, .. } = &e.kind {
            let counts = s.observed && !row.keeps_volume(args);
            return counts.then(|| self.log_det(&inverse(&self.n.op(row.name())), &by));
        }
        let TKind::Flow { flow, .. } = &e.kind else { return None };
        let f = self.n.typed.flow(*flow);
        let term = self.log_det(&inverse(&self.n.name(&f.name)), &by);
        self.notes.push(about(f));
        if let Some(added) = &f.fitted {
            self.note(format!(
                "`{}` ends with `{added}`, added because its body yields all reals and it declares `{}`",
                f.name, f.to
            ));
        }
        (!f.volume_preserving()).then_some(term)
    }

    /// The log-determinants of the flows through which a guide's draw goes.
    pub(super) fn guide_determinants(
        &mut self,
        m: &'t TModel,
        g: &'t TModel,
        draw: &'t TSite,
        factor: Factor<'_>,
    ) {
        let mut at = density::stands_for(m, g, draw);
        while let TSiteKind::Bind(e) | TSiteKind::Quantize(e) = &at.kind {
            let mut inner = e;
            while let TKind::Flow { arg, .. } | TKind::Map { arg, .. } = &inner.kind {
                if let Some(name) = self.changes_volume(inner) {
                    let by = self.n.expr(arg, 0);
                    let text = self.expect(&g.name, &self.log_det(&name, &by));
                    self.term(factor, &text);
                }
                inner = arg;
            }
            match density::inverted(e).and_then(|n| g.site(n)) {
                Some(s) => at = s,
                None => return,
            }
        }
    }

    /// The name of a flow or map whose determinant is not 1.
    fn changes_volume(&self, e: &TExpr) -> Option<String> {
        if let TKind::Map { row, .. } = &e.kind {
            return Some(self.n.op(row.name()));
        }
        let TKind::Flow { flow, .. } = &e.kind else { return None };
        let f = self.n.typed.flow(*flow);
        (!f.volume_preserving()).then(|| self.n.name(&f.name))
    }

    /// The log-determinants of the flows inverted for the data (`of_data`), or for the guide's samples.
    pub(super) fn expected_determinants(
        &mut self,
        m: &'t TModel,
        g: &'t TModel,
        of_data: bool,
        factor: Factor<'_>,
    ) {
        let proposed: Vec<String> = g.sites.iter().map(|s| s.name.clone()).collect();
        let known = density::close(m, &proposed);
        let found = self.determinants(m, &|s| (s.observed || !known.contains(&s.name)) == of_data);
        for t in found {
            let text = self.expect(&g.name, &t);
            self.term(factor, &text);
        }
    }
}

/// How the determinant of a flow comes about.
fn about(f: &TFlow) -> String {
    if f.volume_preserving() {
        return format!("`{}` preserves volume: its determinant is 1, so it adds no term", f.name);
    }
    let layers = &f.chain.layers;
    let all = layers.len();
    let unit = layers.iter().filter(|l| l.checked.jacobian == Jacobian::Unit).count();
    let mut kinds: Vec<Jacobian> =
        layers.iter().map(|l| l.checked.jacobian).filter(|j| *j != Jacobian::Unit).collect();
    kinds.sort();
    kinds.dedup();
    let kind = kinds.iter().map(|j| j.words()).collect::<Vec<_>>().join(", ");
    match unit {
        0 => {
            format!("the log-determinant of `{}` is the sum over its {all} layers ({kind} Jacobians)", f.name)
        }
        _ => {
            let preserve = if unit == 1 { "preserves" } else { "preserve" };
            format!(
                "the log-determinant of `{}` is the sum over {} of its {all} layers ({kind} Jacobians); the other {unit} {preserve} volume",
                f.name,
                all - unit
            )
        }
    }
}
