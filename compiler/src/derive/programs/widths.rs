//! The widths of densities of data, where they are the same for all data: what training may narrow without end.

use crate::derive::lower::{Ctx, Vars};
use crate::derive::{Output, Program};
use crate::ir::Graph;
use crate::rows::distribution::WIDTH;
use crate::types::{TDist, TExpr, TKind, TSiteKind, Typed};

/// A site whose width is the same for all data.
#[derive(Clone, Debug, PartialEq)]
pub struct Width {
    /// The site, a data variable.
    pub site: String,
    /// Whether the last axis of its parameters are the components of a mixture.
    pub mixture: bool,
}

/// The sites of data with a width that is the same for all data, and a program of the parameters that gives what their distributions are
/// given, each as [`Output::Site`] by the name that [`parameter`] makes.
pub fn widths(typed: &Typed) -> (Vec<Width>, Graph) {
    let mut ctx = Ctx::new(typed, Program::Loss, false);
    let mut found: Vec<Width> = Vec::new();
    for m in typed.models.iter().filter(|m| !m.guide) {
        for s in m.sites.iter().filter(|s| s.observed) {
            let TSiteKind::Draw(d) = &s.kind else { continue };
            let Some(axes) = fixed_width(typed, d) else { continue };
            if found.iter().any(|w| w.site == s.name) {
                continue;
            }
            for (p, spec) in d.params.iter().zip(d.row.dist_params()) {
                if let Some(e) = p.as_ref().filter(|e| same_for_all(typed, e)) {
                    let v = ctx.expr(e, &Vars::new());
                    ctx.output(Output::Site(parameter(&s.name, spec.name)), v);
                }
            }
            found.push(Width { site: s.name.clone(), mixture: axes == 1 });
        }
    }
    (found, ctx.finish().1)
}

/// What a parameter of a site is called in the program of [`widths`].
pub fn parameter(site: &str, name: &str) -> String {
    format!("{site}.{name}")
}

/// The further axes of the width of a distribution, if that is the same for all data.
fn fixed_width(typed: &Typed, d: &TDist) -> Option<usize> {
    let given = d.params.iter().zip(d.row.dist_params());
    let (e, spec) =
        given.filter_map(|(p, spec)| Some((p.as_ref()?, spec))).find(|(_, spec)| spec.name == WIDTH)?;
    same_for_all(typed, e).then_some(spec.axes)
}

/// Whether an expression reads parameters only.
fn same_for_all(typed: &Typed, e: &TExpr) -> bool {
    let mut found = true;
    typed.walk(e, &mut |x| {
        found &= match &x.kind {
            TKind::Const(_) | TKind::Map { .. } | TKind::Fn { .. } | TKind::Neg(_) | TKind::Binary(..) => {
                true
            }
            TKind::At(..) | TKind::Time(_) | TKind::Along(_) => true,
            TKind::Param(i) => typed.params.get(*i).is_some_and(|p| p.each.is_none()),
            TKind::Data(_)
            | TKind::Var(_)
            | TKind::Sample(..)
            | TKind::Let(_)
            | TKind::Schedule(_)
            | TKind::Net { .. }
            | TKind::Flow { .. }
            | TKind::Objective(_)
            | TKind::LogProb { .. }
            | TKind::Expect(_)
            | TKind::Grad { .. }
            | TKind::Before(..)
            | TKind::Corrupt { .. }
            | TKind::Kept(_)
            | TKind::Others(_)
            | TKind::Another(_) => false,
        };
    });
    found
}
