//! `layer_norm`: standardisation of each example by itself.

use super::super::args::{Args, ParamSpec};
use super::super::{ChainCx, Checked, LayerRow, Row};
use super::affine;
use super::parts::{flag, need_features, standardise};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::syntax::ast;

/// `layer_norm`
pub struct LayerNorm;

impl Row for LayerNorm {
    fn name(&self) -> &'static str {
        "layer_norm"
    }
    fn doc(&self) -> &'static str {
        "(x - mean) / √(var + eps) · scale + shift with mean and variance over all elements of one example (Ba et al. 2016); scale and \
         shift for each coordinate of a vector or channel of an image. Unlike `batch_norm`, it scores each example alone."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const PARAMS: &[ParamSpec] = &[affine::EPS, affine::PARAM];
        PARAMS
    }
}

impl LayerRow for LayerNorm {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<Checked, Diag> {
        let n = need_features(args, input)?;
        let (eps, affine) = (args.num("eps"), flag(args, "affine"));
        let params = affine::params(affine, n);
        Ok(Checked::global(EventTy::real(input.shape.clone()), params, move |cx, env, x| {
            let axes: Vec<usize> = (1..cx.rank(x)).collect();
            let (y, _, _) = standardise(cx, x, &axes, eps);
            affine::lower(cx, env, affine, n, y)
        }))
    }
}
