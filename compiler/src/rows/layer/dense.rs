//! `dense`: an affine map of vectors.

use super::linear::{BIAS, Linear, Mask};
use super::parts::as_numbers;
use super::require::{alone_at_places, flag, need_vector};
use super::{Block, Causality, ChainCx, Checked, Layer, LayerRow, LowerCx, Reads, spectral};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::Ex;
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::init;

row! {
    /// An affine map of a vector: y = x W + b, [n] -> [units]. The weight is stored as [n, units]. With `mask: A` or `mask: B`
    /// coordinate u of n stands at the fraction u/n of the order and reads only earlier (or also equal) fractions of its input,
    /// so that a stack with `A` once and `B` otherwise is a masked autoencoder (MADE, Germain et al. 2015). A sequence [T, d] becomes
    /// [T, units] by the same map at every place.
    pub struct Dense = "dense" [UNITS, BIAS, init::PARAM, spectral::PARAM, Mask::PARAM];
}

const UNITS: ParamSpec =
    ParamSpec { name: "units", kind: ArgKind::Int(1), default: None, doc: "coordinates of the output" };

#[derive(Debug, PartialEq)]
struct AffineMap {
    map: Linear,
    input: EventTy,
}

/// The same affine map at every place of a sequence.
#[derive(Debug, PartialEq)]
struct AtPlaces(Linear);

impl Layer for AtPlaces {
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        vec![self.0.lower_each(cx, x)]
    }
}

impl LayerRow for Dense {
    fn size(&self) -> Option<&'static str> {
        Some(UNITS.name)
    }
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        if let Some([t, d]) = alone_at_places(args, input)? {
            let (bias, spectral) = (flag(args, BIAS.name), spectral::wanted(args));
            let map = Linear { bias, spectral, ..Linear::plain("", d, args.int("units")) };
            let (params, out) = (map.params_from(args)?, EventTy::real([t, map.n_out]));
            return Ok(Checked {
                params,
                causality: Causality::Weak,
                ..Checked::elementwise(out, AtPlaces(map))
            });
        }
        let map = Linear {
            bias: flag(args, BIAS.name),
            mask: Mask::of(args),
            spectral: spectral::wanted(args),
            ..Linear::plain("", need_vector(args, input)?, args.int("units"))
        };
        let (out, params, causality) =
            (EventTy::real([map.n_out]), map.params_from(args)?, map.mask.causality());
        Ok(Checked {
            params,
            causality,
            ..Checked::elementwise(out, AffineMap { map, input: input.clone() })
        })
    }
}

impl Layer for AffineMap {
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        vec![self.map.lower(cx, as_numbers(x, &self.input))]
    }
    fn reads(&self, _: Causality) -> Reads {
        self.map.mask.reads()
    }
}
