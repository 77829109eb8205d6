//! Elements that reach the data as they were drawn: followed from a drawn site through all flows and maps up to the last computed one.

use super::{Checker, TExpr, TFlow, TKind, TModel, TSite, TSiteKind, density};
use crate::diag::{Diag, codes};
use crate::rows::bijection::copies::Copies;
use crate::span::Span;

/// What one model makes of one drawn site.
struct Composition {
    /// The flows, in the order in which they run.
    flows: Vec<usize>,
    /// The elements of the last site that no trained layer changes.
    identity_dims: Vec<usize>,
    /// Name of the last site, and where it is computed.
    site: (String, Span),
}

impl Checker<'_> {
    /// Warns of what flows leave untouched: together, where a model runs one after the other, or alone, where no model runs them. A warning
    /// about a `repeat` of a flow says more than the flow's own.
    pub(crate) fn identity_dims(&mut self) {
        let repeats = std::mem::take(&mut self.repeats);
        let flows = &self.typed.flows;
        // A flow among the layers of another one may copy elements that the other moves.
        let part = |f: &TFlow| flows.iter().any(|o| o.calls.contains(&f.name));
        let has_parts = |f: &TFlow| flows.iter().any(|o| f.calls.contains(&o.name));
        let mut all: Vec<Composition> = Vec::new();
        for m in &self.typed.models {
            for s in m.sites.iter().filter(|s| self.last(m, s)) {
                all.extend(self.composition(m, s));
            }
        }
        for (i, f) in flows.iter().enumerate() {
            if !part(f) && !all.iter().any(|c| c.flows.contains(&i)) {
                let identity_dims = of_flow(f);
                all.push(Composition { flows: vec![i], identity_dims, site: (f.name.clone(), f.span) });
            }
        }
        let mut said: Vec<Vec<usize>> = Vec::new();
        let mut diags = Vec::new();
        for c in all {
            let used: Vec<&TFlow> = c.flows.iter().filter_map(|i| flows.get(*i)).collect();
            // Maps without parameters are meant as they are.
            let trained = used
                .iter()
                .any(|f| f.chain.layers.iter().any(|l| !l.checked.params.is_empty()) || has_parts(f));
            if c.identity_dims.is_empty() || !trained || said.contains(&c.flows) {
                continue;
            }
            said.push(c.flows);
            match used.as_slice() {
                [f] => {
                    let of_repeats: Vec<Diag> =
                        repeats.iter().filter(|(n, _)| *n == f.name).map(|(_, d)| d.clone()).collect();
                    match of_repeats.is_empty() {
                        true => diags.push(codes::w0404::in_flow(&c.identity_dims, f.span, &f.name)),
                        false => diags.extend(of_repeats),
                    }
                }
                _ => {
                    let names: Vec<&str> = used.iter().map(|f| f.name.as_str()).collect();
                    diags.push(codes::w0404::in_composition(&c.identity_dims, &c.site.0, c.site.1, &names));
                }
            }
        }
        self.diags.extend(diags);
    }

    /// Whether a site is computed by flows, and no other site by flows from it.
    fn last(&self, m: &TModel, s: &TSite) -> bool {
        let from = |o: &TSite| value(o).and_then(density::inverted).is_some_and(|n| n == s.name);
        value(s).and_then(density::inverted).is_some() && !m.sites.iter().any(from)
    }

    fn composition(&self, m: &TModel, last: &TSite) -> Option<Composition> {
        let mut flows = Vec::new();
        let reached = self.site_through(m, last, &mut flows);
        let identity_dims = reached.kept();
        (!flows.is_empty()).then(|| Composition {
            flows,
            identity_dims,
            site: (last.name.clone(), last.value_span),
        })
    }

    /// For each element of a site, the element of the drawn site behind it that no trained layer changes on the way, if there is one.
    fn site_through(&self, m: &TModel, s: &TSite, flows: &mut Vec<usize>) -> Copies {
        match value(s) {
            Some(e) => self.expr_through(m, e, flows),
            None => Copies::same(s.ty.size()),
        }
    }

    fn expr_through(&self, m: &TModel, e: &TExpr, flows: &mut Vec<usize>) -> Copies {
        if let TKind::Var(n) = &e.kind
            && let Some(s) = m.site(n)
        {
            self.site_through(m, s, flows)
        } else if let TKind::Flow { flow, arg, .. } = &e.kind {
            let before = self.expr_through(m, arg, flows);
            flows.push(*flow);
            self.typed.flow(*flow).chain.identity_dims().behind(&before)
        } else if let TKind::Map { arg, .. } = &e.kind {
            self.expr_through(m, arg, flows)
        } else {
            // A condition, as it is given.
            Copies::same(e.ty.size())
        }
    }
}

/// The elements that a flow alone leaves untouched.
fn of_flow(f: &TFlow) -> Vec<usize> {
    f.chain.identity_dims().kept()
}

fn value(s: &TSite) -> Option<&TExpr> {
    match &s.kind {
        TSiteKind::Draw(_) => None,
        TSiteKind::Bind(e) | TSiteKind::Quantize(e) => Some(e),
    }
}
