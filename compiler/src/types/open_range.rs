//! Ends of a range that data may take and the model of them does not: a flow from all reals into a bounded range approaches the ends and never
//! gets there, and `LogNormal` has no density at 0.

use super::{TSiteKind, Typed, density};
use crate::event::Support;
use crate::span::Span;

/// A data site without a density at an end of the range that the data have.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenRange {
    /// The site, a data variable.
    pub site: String,
    /// The distribution that it is drawn from; `None` where it is computed by flows.
    pub drawn: Option<&'static str>,
    /// Where its range begins; -∞ where the data do not come there.
    pub lo: f64,
    /// Where its range stops; ∞ where the data do not come there.
    pub hi: f64,
    /// Where it is drawn or computed.
    pub span: Span,
    /// The declared type of the data.
    pub declared: Span,
}

/// The sites with ends that the data may take and the model of them does not. A one-to-one continuous image of all of R^n is open
/// (invariance of domain, Brouwer 1912), so no flow whatever its layers takes the value of an end.
pub fn open_ranges(typed: &Typed) -> Vec<OpenRange> {
    let mut all = Vec::new();
    for m in typed.models.iter().filter(|m| !m.guide) {
        for s in m.sites.iter().filter(|s| s.observed) {
            let drawn = match &s.kind {
                TSiteKind::Draw(d) => Some(d.row.name()),
                TSiteKind::Bind(e) if density::inverted(e).is_some() => None,
                // A net that is not run backwards is asked for no density.
                TSiteKind::Bind(_) | TSiteKind::Quantize(_) => continue,
            };
            let var = typed.data.iter().flat_map(|d| &d.vars).find(|v| v.name == s.name);
            let (Some(v), Support::Interval(covered)) = (var, s.covers) else { continue };
            let data = v.ty.kind.support().interval();
            let taken = |at: f64| at.is_finite() && data.holds(at) && !covered.holds(at);
            let lo = if taken(covered.lo().at) { covered.lo().at } else { f64::NEG_INFINITY };
            let hi = if taken(covered.hi().at) { covered.hi().at } else { f64::INFINITY };
            if lo.is_finite() || hi.is_finite() {
                let (span, declared) = (s.value_span, v.ty_span);
                all.push(OpenRange { site: s.name.clone(), drawn, lo, hi, span, declared });
            }
        }
    }
    all
}
