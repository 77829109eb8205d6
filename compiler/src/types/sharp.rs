//! Sites of data with densities that have no upper end: their width is trained, so on data that repeat they may grow for ever.

use super::{TDist, TExpr, TKind, TModel, TSite, TSiteKind, Typed, density};
use crate::event::{EventTy, Kind, Support};
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
    /// Whether it may be narrow around several values: a mixture, a flow, or a centre that changes from datum to datum. What is not is
    /// narrow without end on constant elements only.
    pub flexible: bool,
    /// Whether one width serves all elements: it is narrow only where all of them allow it.
    pub shared: bool,
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
        let (by, joint, flexible, shared) = match &s.kind {
            TSiteKind::Draw(d) => self.sharp_draw(d, s.ty.size())?,
            TSiteKind::Bind(e) => {
                let (by, joint) = self.sharp_flow(m, e)?;
                (by, joint, true, false)
            }
            TSiteKind::Quantize(_) => return None,
        };
        let (span, declared) = (s.value_span, v.ty_span);
        Some(Sharp { site: s.name.clone(), joint, flexible, shared, by, span, declared })
    }

    /// What narrows the density of a draw of so many elements, and whether it is joint, flexible and shared.
    fn sharp_draw(&self, d: &TDist, elements: usize) -> Option<(String, bool, bool, bool)> {
        let types: Vec<Option<EventTy>> = d.params.iter().map(|p| p.as_ref().map(|e| e.ty.clone())).collect();
        if d.row.bounded(&types) {
            return None;
        }
        let vector = d.row.vector();
        let given = || d.params.iter().flatten().zip(d.row.dist_params());
        let reads = given().any(|(e, _)| self.reads_more(e));
        let mixture = !vector && given().any(|(_, p)| p.axes > 0);
        let widths = || given().filter(|(_, p)| p.support == Support::POSITIVE);
        let shared = !vector && elements > 1 && !mixture && widths().all(|(e, _)| e.ty.size() == 1);
        Some((format!("a width of `{}` is trained", d.row.name()), reads || vector, reads || mixture, shared))
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
            if let TKind::Flow { flow, .. } = &x.kind {
                let f = self.flow(*flow);
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
