//! `Uniform`.

use super::declare::prelude::*;
use super::events::constant;
use crate::event::EventTy;
use crate::interval::Interval;

distribution! {
    /// Density 1 / (hi - lo) between lo and hi, 0 elsewhere.
    pub struct Uniform = "Uniform" {
        /// lower end
        lo: REALS,
        /// upper end, above lo
        hi: REALS,
    }
}

impl<'g> Params<'g> {
    /// hi - lo
    pub(super) fn width(self) -> Ex<'g> {
        self.hi - self.lo
    }
    /// (lo + hi) / 2
    pub(super) fn middle(self) -> Ex<'g> {
        (self.lo + self.hi) * 0.5
    }
}

/// Where a parameter lies.
fn range(ty: Option<&EventTy>) -> Interval {
    ty.map_or(Interval::REALS, |ty| ty.kind.support().interval())
}

impl<'g> Distribution<'g> for Uniform {
    fn together(&self, types: Types<'_>) -> Result<(), (String, String)> {
        match (constant(types.lo), constant(types.hi)) {
            (Some(lo), Some(hi)) if lo >= hi => Err((
                format!("`lo` is {lo} and not below `hi`, which is {hi}"),
                "write the lower end first, as in `Uniform(0, 1)`".into(),
            )),
            (Some(_) | None, Some(_) | None) => Ok(()),
        }
    }
    fn event(&self, types: Types<'_>) -> Result<DistEvent, String> {
        self.together(types).map_err(|(why, _)| why)?;
        single(Kind::Real(Interval::new(range(types.lo).lo(), range(types.hi).hi()).into()))
    }
    fn covers(&self, types: Types<'_>) -> Option<Support> {
        Some(Interval::REALS.between(range(types.lo).hi().at, range(types.hi).lo().at).into())
    }
    fn log_prob(&self, p: Params<'g>, x: Ex<'g>) -> Ex<'g> {
        let inside = x.ge(p.lo).and(x.le(p.hi));
        inside.select(-p.width().ln(), f64::NEG_INFINITY)
    }
    fn sample(&self, p: Params<'g>, noise: &Noise<'g>) -> Ex<'g> {
        p.lo + p.width() * noise.uniform()
    }
    fn reparameterised(&self) -> Reparameterised<RelaxationOf<'g, Self>> {
        Reparameterised::Exactly
    }
    fn mean(&self) -> Closed<'g, Self> {
        Ok(|p| p.middle())
    }
    fn entropy(&self) -> Closed<'g, Self> {
        Ok(|p| p.width().ln())
    }
    fn cdf(&self) -> Option<Cdf<LinkOf<'g, Self>>> {
        Some(Cdf { law: Law::Uniform, link: |p| Link::LowHigh(p.lo, p.hi) })
    }
}
