//! The ends that continuous data must not take: a flow from all reals into a bounded range approaches them and never gets there.

use super::{TModel, TSite, TSiteKind, Typed, density};
use crate::event::Support;
use crate::span::Span;

/// A data site that is computed from a draw on all reals.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenEnds {
    /// The site, a data variable.
    pub site: String,
    /// Where its range begins; -∞ where it has no lower end.
    pub lo: f64,
    /// Where its range stops; ∞ where it has no upper end.
    pub hi: f64,
    /// Where it is computed.
    pub span: Span,
    /// The declared type of the data.
    pub declared: Span,
}

/// The sites whose range has an end that they never take. A one-to-one continuous image of all of R^n is open (invariance of domain, Brouwer
/// 1912), so no flow whatever its layers takes the value of an end.
pub fn open_ends(typed: &Typed) -> Vec<OpenEnds> {
    let mut all = Vec::new();
    for m in typed.models.iter().filter(|m| !m.guide) {
        for s in m.sites.iter().filter(|s| s.observed) {
            let TSiteKind::Bind(e) = &s.kind else { continue };
            let Support::Interval { lo, hi } = e.ty.kind.support() else { continue };
            let var = typed.data.iter().flat_map(|d| &d.vars).find(|v| v.name == s.name);
            if let (Some(v), true, true) = (var, lo.is_finite() || hi.is_finite(), from_reals(m, s)) {
                all.push(OpenEnds { site: s.name.clone(), lo, hi, span: s.value_span, declared: v.ty_span });
            }
        }
    }
    all
}

/// Whether a site is computed, by flows and maps, from a draw that ranges over all reals.
fn from_reals(m: &TModel, s: &TSite) -> bool {
    match &s.kind {
        TSiteKind::Draw(_) => s.ty.kind.support() == Support::REALS,
        TSiteKind::Quantize(_) => false,
        TSiteKind::Bind(e) => {
            density::inverted(e).and_then(|n| m.site(n)).is_some_and(|before| from_reals(m, before))
        }
    }
}
