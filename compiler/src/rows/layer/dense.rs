//! `dense`: an affine map of vectors.

use super::super::args::{ArgKind, Args, ParamSpec};
use super::super::{ChainCx, Checked, LayerRow, Row, init};
use super::linear::{Linear, Mask};
use super::parts::{as_vector, flag, need_vector};
use super::spectral;
use crate::diag::Diag;
use crate::event::EventTy;
use crate::syntax::ast;
use std::rc::Rc;

/// `dense(256)`
pub struct Dense;

impl Row for Dense {
    fn name(&self) -> &'static str {
        "dense"
    }
    fn doc(&self) -> &'static str {
        "An affine map of a vector: y = x W + b, [n] -> [units]. The weight is stored as [n, units]. With `mask: A` or `mask: B` \
         coordinate u of n stands at the fraction u/n of the order and reads only earlier (or also equal) fractions of its input, \
         so that a stack with `A` once and `B` otherwise is a masked autoencoder (MADE, Germain et al. 2015)."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const PARAMS: &[ParamSpec] = &[
            ParamSpec {
                name: "units",
                kind: ArgKind::Int(1),
                default: None,
                doc: "coordinates of the output",
            },
            BIAS,
            init::PARAM,
            spectral::PARAM,
            Mask::PARAM,
        ];
        PARAMS
    }
}

/// The `bias` argument.
pub const BIAS: ParamSpec = ParamSpec {
    name: "bias",
    kind: ArgKind::Word(&["true", "false"]),
    default: Some("true"),
    doc: "whether a bias is added",
};

impl LayerRow for Dense {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<Checked, Diag> {
        let map = Linear {
            bias: flag(args, "bias"),
            mask: Mask::of(args),
            spectral: spectral::wanted(args),
            ..Linear::plain("", need_vector(args, input)?, args.int("units"))
        };
        let params = map.params_from(args)?;
        let (causality, input) = (map.mask.causality(), input.clone());
        let out = EventTy::real([map.n_out]);
        let lower = move |cx: &mut super::super::Builder, env: &super::super::Env, x| {
            let x = as_vector(cx, x, &input);
            vec![map.lower(cx, env, x)]
        };
        Ok(Checked {
            out: vec![out],
            params,
            causality,
            mixes_batch: false,
            twice_differentiable: true,
            lower: Rc::new(lower),
        })
    }
}
