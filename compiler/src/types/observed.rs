//! What the data make of a site: whether it is observed, whether its values can be those of the data, and where it has a density at all.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one form of expression is asked for; all others are alike"
)]

use super::{Bad, Checker, Res, TExpr, TKind, TModel, TSite, TSiteKind, density};
use crate::diag::codes;
use crate::event::{EventTy, Kind, Support};
use crate::span::Span;

impl Checker<'_> {
    /// Marks a model's site as observed when a data variable has its name, and compares the two types.
    pub(super) fn observe(&self, mut site: TSite, model: &TModel) -> Res<TSite> {
        if model.guide {
            return Ok(site);
        }
        if self.broken.contains(&site.name) {
            return Err(Bad::Said);
        }
        let Some(v) = self.data_var(&site.name) else { return Ok(site) };
        let (data, at) = (&v.ty, v.ty_span);
        if model.conds.contains(&site.name) {
            return Err(codes::e0202::condition_drawn(&site.name, site.span, &model.name).into());
        }
        if data.shape != site.ty.shape {
            let (made, want) = (site.ty.shape_text(), data.shape_text());
            return Err(codes::e0201::observed(&site.name, site.value_span, &made, at, &want).into());
        }
        if v.cells.missing && !drawn_alone(&site) {
            return Err(codes::e0225::together(&site.name, site.value_span, at).into());
        }
        match &site.kind {
            TSiteKind::Draw(d) if data.kind.discrete() && !site.ty.kind.discrete() => {
                let (name, row) = (&site.name, d.row.name());
                return Err(codes::e0304::discrete_density(name, row, site.value_span, at, data).into());
            }
            TSiteKind::Draw(d) => holds_data(&site, d.row.name(), (at, data))?,
            TSiteKind::Bind(e) if density::inverted(e).is_some() => {
                if data.kind.discrete() {
                    let levels = data.kind.cardinality();
                    let value = super::text::plain(&self.typed, e);
                    return Err(codes::e0304::discrete_flow(&site.name, e.span, at, levels, &value).into());
                }
                holds_data(&site, "the flow", (at, data))?;
            }
            // A wider distribution than the data keeps its own kind; the data's kind is what a sample is shown as.
            TSiteKind::Quantize(_) => site.ty.kind = data.kind,
            TSiteKind::Bind(_) => {}
        }
        site.observed = true;
        Ok(site)
    }

    /// A flow that carries back a model's values starts from all that it declares: a narrower draw would have no density at what
    /// comes back outside of it.
    pub(super) fn fills_flow(&self, e: &TExpr, model: &TModel) -> Res<()> {
        let (arg, flow) = match &e.kind {
            TKind::Flow { flow, arg, .. } => (arg, Some(self.typed.flow(*flow))),
            TKind::Map { arg, .. } => (arg, None),
            _ => return Ok(()),
        };
        let drawn = density::inverted(e).and_then(|z| model.site(z)).filter(|_| !model.guide);
        let filled = self.covered(arg, model);
        if let (Some(f), Some(z)) = (flow, drawn)
            && !(f.from.kind.inside(arg.ty.kind) && f.from.kind.support().inside(filled))
        {
            return Err(codes::e0305::not_filled(
                &f.name,
                f.span,
                f.from.kind.support(),
                arg.span,
                filled,
                z.value_span,
            )
            .into());
        }
        self.fills_flow(arg, model)
    }

    /// Where an expression has a density whatever the parameters are: the image of what its draw covers, where it is computed by flows
    /// and invertible maps from one; elsewhere its type's range.
    pub(super) fn covered(&self, e: &TExpr, model: &TModel) -> Support {
        let whole = e.ty.kind.support();
        match &e.kind {
            TKind::Var(n) => model.site(n).map_or(whole, |s| s.covers),
            TKind::Flow { flow, arg, .. } => {
                let filled = self.covered(arg, model);
                let fills = self.typed.flow(*flow).from.kind.support().inside(filled);
                match fills || filled.alike(arg.ty.kind.support()) {
                    // From all reals it comes near the ends; a flow of an interval may take its ends to them.
                    true if filled == Support::REALS => whole,
                    true => whole.closure(),
                    false => Support::NOTHING,
                }
            }
            TKind::Map { row, args, arg } if row.inverse().is_some() => match self.covered(arg, model) {
                Support::NOTHING => Support::NOTHING,
                s if s == arg.ty.kind.support() => whole,
                s => row.image(args, s),
            },
            TKind::Map { .. } | TKind::Const(_) | TKind::Schedule(_) | TKind::Data(_) | TKind::Sample(..) => {
                whole
            }
            TKind::Before(..)
            | TKind::At(..)
            | TKind::Time(_)
            | TKind::Along(_)
            | TKind::Param(_)
            | TKind::Let(_)
            | TKind::Net { .. }
            | TKind::Fn { .. }
            | TKind::Neg(_)
            | TKind::Binary(..) => whole,
            TKind::Expect(_)
            | TKind::LogProb { .. }
            | TKind::Objective(_)
            | TKind::Grad { .. }
            | TKind::Corrupt { .. } => whole,
            TKind::Kept(_) | TKind::Others(_) | TKind::Another(_) => whole,
        }
    }
}

/// Whether the elements of a site are drawn one by one, each without the others.
fn drawn_alone(site: &TSite) -> bool {
    match &site.kind {
        TSiteKind::Draw(d) => !d.sequential() && d.event().own.is_empty(),
        TSiteKind::Bind(_) | TSiteKind::Quantize(_) => false,
    }
}

/// The data, whose type stands at `at`, are values that a site has a density at; `of` is the distribution or the flow.
fn holds_data(site: &TSite, of: &str, (at, data): (Span, &EventTy)) -> Res<()> {
    let (name, value) = (&site.name, site.value_span);
    if !data.kind.closure().inside(site.ty.kind.closure()) {
        return Err(codes::e0302::observed(name, value, of, &site.ty, at, data).into());
    }
    let beyond = |n: usize| site.ty.kind == Kind::Count || site.ty.kind.cardinality().is_some_and(|k| k > n);
    if data.kind.cardinality().is_some_and(beyond) {
        return Err(codes::e0302::too_many_values(name, value, of, &site.ty, (at, data)).into());
    }
    if !data.kind.support().inside(site.covers.closure()) {
        return Err(codes::e0302::ends_move(name, value, of, site.covers, at, data).into());
    }
    Ok(())
}
