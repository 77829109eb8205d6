//! `Uniform`.

use super::declare::prelude::*;
use super::events::constant;
use crate::event::EventTy;
use crate::rows::map::ends;

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

/// The least and the greatest value of a parameter.
fn range(ty: Option<&EventTy>) -> (f64, f64) {
    ends(ty.map_or(Support::REALS, |ty| ty.kind.support()))
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
        single(Kind::Real(Support::Interval { lo: range(types.lo).0, hi: range(types.hi).1 }))
    }
    fn covers(&self, types: Types<'_>) -> Option<Support> {
        Some(Support::between(range(types.lo).1, range(types.hi).0))
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
