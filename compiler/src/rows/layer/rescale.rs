//! `rescale`: grey levels and bounded numbers to [-1, 1].

use super::require::misfit;
use super::{Block, ChainCx, Checked, Layer, LayerRow, LowerCx};
use crate::diag::Diag;
use crate::event::{EventTy, Kind, Support};
use crate::interval::{End, Interval};
use crate::ir::Ex;
use crate::rows::args::Args;

row! {
    /// Shifts and scales the input's range [lo, hi], known from its type, to [-1, 1]: 0 .. 255 of Int(256), or interval(0, 1).
    pub struct Rescale = "rescale";
}

/// The range that becomes [-1, 1].
#[derive(Debug, PartialEq)]
struct From {
    lo: f64,
    hi: f64,
}

impl LayerRow for Rescale {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let range = match (input.kind, input.kind.support()) {
            (Kind::Class(_), _) | (_, Support::Simplex { .. }) => None,
            (
                Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Count,
                Support::Interval(i),
            ) => Some(From { lo: i.lo().at, hi: i.hi().at }),
        };
        let finite = |r: &From| r.lo.is_finite() && r.hi.is_finite() && r.lo < r.hi;
        let Some(range) = range.filter(finite) else {
            let d =
                misfit(args, "`rescale` takes numbers between two known ends", format!("receives {input}"));
            return Err(d.help("declare the range: `Real[..] in interval(0, 1)` or `Int(256)[..]`"));
        };
        let all = input.kind.support().interval();
        let to = Interval::new(End { at: -1.0, ..all.lo() }, End { at: 1.0, ..all.hi() });
        let out = input.with_kind(Kind::Real(to.into()));
        Ok(Checked::elementwise(out, range))
    }
}

impl Layer for From {
    fn lower<'g>(&self, _: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let From { lo, hi } = *self;
        vec![x * (2.0 / (hi - lo)) + (-1.0 - 2.0 * lo / (hi - lo))]
    }
}
