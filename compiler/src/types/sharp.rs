//! Sites of data with densities that have no upper end: their width is trained, so on data that repeat they may grow for ever.

use super::{TExpr, TKind, TModel, TSite, TSiteKind, Typed, density};
use crate::event::{EventTy, Kind};
use crate::rows::Jacobian;
use crate::span::Span;

/// A site of real data whose density has no upper end.
#[derive(Clone, Debug, PartialEq)]
pub struct Sharp {
    /// The site, a data variable.
    pub site: String,
    /// Whether the density of an element depends on other elements, on what the model is conditioned on or on what is latent: then
    /// elements that follow from others count as data that repeat.
    pub joint: bool,
    /// What narrows it, in words: `the scale of \`Normal\`` or `` `f` ``.
    pub by: String,
    /// Where it is drawn or computed.
    pub span: Span,
    /// The declared type of the data.
    pub declared: Span,
}

impl Typed {
    /// The sites of real data whose densities have no upper end, over all values of the parameters.
    pub fn sharp(&self) -> Vec<Sharp> {
        let models = self.models.iter().filter(|m| !m.guide);
        models.flat_map(|m| m.sites.iter().filter_map(|s| self.sharp_site(m, s))).collect()
    }

    fn sharp_site(&self, m: &TModel, s: &TSite) -> Option<Sharp> {
        let drawn_anew =
            |name: &str| self.data.iter().any(|d| d.dynamic && d.vars.iter().any(|v| v.name == name));
        let v = self.data.iter().flat_map(|d| &d.vars).find(|v| s.observed && v.name == s.name)?;
        if !matches!(v.ty.kind, Kind::Real(_)) || !matches!(s.ty.kind, Kind::Real(_)) || drawn_anew(&s.name) {
            return None;
        }
        let (by, joint) = match &s.kind {
            TSiteKind::Draw(d) => {
                let types: Vec<Option<EventTy>> =
                    d.params.iter().map(|p| p.as_ref().map(|e| e.ty.clone())).collect();
                let reads = d.params.iter().flatten().any(|e| self.reads_more(e));
                let name = d.row.name();
                (!d.row.bounded(&types))
                    .then(|| (format!("a width of `{name}` is trained"), reads || d.row.vector()))?
            }
            TSiteKind::Bind(e) => self.sharp_flow(m, e)?,
            TSiteKind::Quantize(_) => return None,
        };
        let (span, declared) = (s.value_span, v.ty_span);
        Some(Sharp { site: s.name.clone(), joint, by, span, declared })
    }

    /// Whether an expression changes from datum to datum.
    fn reads_more(&self, e: &TExpr) -> bool {
        let mut found = false;
        self.walk(e, &mut |x| {
            found |= matches!(x.kind, TKind::Data(_) | TKind::Var(_) | TKind::Sample(..) | TKind::Net { .. });
        });
        found
    }

    /// What narrows the density of data that are carried back by flows, and whether their elements are moved together.
    fn sharp_flow(&self, m: &TModel, e: &TExpr) -> Option<(String, bool)> {
        let base = m.site(density::inverted(e)?)?;
        let mut flows: Vec<(&str, Jacobian)> = Vec::new();
        self.walk(e, &mut |x| {
            if let TKind::Flow { flow, .. } = &x.kind
                && let Some(f) = self.flows.get(*flow)
            {
                flows.push((&f.name, f.chain.jacobian()));
            }
        });
        let joint = flows.iter().any(|(_, j)| *j != Jacobian::Diagonal);
        match flows.iter().find(|(_, j)| *j != Jacobian::Unit) {
            Some((name, _)) => Some((format!("`{name}` can narrow it without end"), joint)),
            // What keeps volumes is as sharp as what it starts from.
            None => match &base.kind {
                TSiteKind::Draw(d) => {
                    let types: Vec<Option<EventTy>> =
                        d.params.iter().map(|p| p.as_ref().map(|e| e.ty.clone())).collect();
                    (!d.row.bounded(&types))
                        .then(|| (format!("a width of `{}` is trained", d.row.name()), joint))
                }
                TSiteKind::Bind(e) => self.sharp_flow(m, e),
                TSiteKind::Quantize(_) => None,
            },
        }
    }
}
