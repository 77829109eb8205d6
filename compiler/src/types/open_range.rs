//! Ends of a range that data may take and the model of them does not: a flow from all reals into a bounded range approaches the ends and never
//! gets there, `LogNormal` has no density at 0, and that of `Beta` is 0 or infinite at its ends unless a concentration is 1.

use super::{TSite, TSiteKind, Typed, density};
use crate::event::{EventTy, Support};
use crate::rows::distribution::AtEnd;
use crate::span::Span;

/// A data site without a finite density above 0 at an end of the range that the data have.
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
    /// Whether a value there can have a density for some values of the parameters: for one value of each.
    pub rarely: bool,
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
            let Some(v) = typed.data.iter().flat_map(|d| &d.vars).find(|v| v.name == s.name) else {
                continue;
            };
            let ends = ends(s, v.ty.kind.support());
            for rarely in [false, true] {
                let wanted = if rarely { AtEnd::Rarely } else { AtEnd::Never };
                let [lo, hi] = ends.map(|(at, is)| (is == wanted).then_some(at));
                if lo.is_some() || hi.is_some() {
                    all.push(OpenRange {
                        site: s.name.clone(),
                        drawn,
                        lo: lo.unwrap_or(f64::NEG_INFINITY),
                        hi: hi.unwrap_or(f64::INFINITY),
                        rarely,
                        span: s.value_span,
                        declared: v.ty_span,
                    });
                }
            }
        }
    }
    all
}

/// The two ends of the range of a site, and what its density is there, given the range of the data: finite where they do not come.
fn ends(s: &TSite, data: Support) -> [(f64, AtEnd); 2] {
    let of_row = match &s.kind {
        TSiteKind::Draw(d) => {
            let types: Vec<Option<EventTy>> =
                d.params.iter().map(|p| p.as_ref().map(|e| e.ty.clone())).collect();
            d.row.at_ends(&types)
        }
        TSiteKind::Bind(_) | TSiteKind::Quantize(_) => [AtEnd::Finite; 2],
    };
    let [at_lo, at_hi] = of_row;
    match s.covers {
        Support::Interval(covered) => {
            let data = data.interval();
            let is = |at: f64, of_row: AtEnd| match (at.is_finite() && data.holds(at), covered.holds(at)) {
                (false, _) => (at, AtEnd::Finite),
                (true, false) => (at, AtEnd::Never),
                (true, true) => (at, of_row),
            };
            [is(covered.lo().at, at_lo), is(covered.hi().at, at_hi)]
        }
        // Where an element is 1 the others are 0.
        Support::Simplex { .. } => [(0.0, at_lo), (1.0, AtEnd::Finite)],
    }
}
