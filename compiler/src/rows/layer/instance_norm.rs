//! `instance_norm`: standardisation of each channel of each example.

use super::super::args::{Args, ParamSpec};
use super::super::{ChainCx, Checked, LayerRow, Row};
use super::affine;
use super::group_norm::grouped;
use super::parts::{flag, need_image};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::syntax::ast;

/// `instance_norm`
pub struct InstanceNorm;

impl Row for InstanceNorm {
    fn name(&self) -> &'static str {
        "instance_norm"
    }
    fn doc(&self) -> &'static str {
        "(x - mean) / √(var + eps) · scale + shift with mean and variance over the pixels of one channel of one example (Ulyanov et al. \
         2016)."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const PARAMS: &[ParamSpec] = &[affine::EPS, affine::PARAM];
        PARAMS
    }
}

impl LayerRow for InstanceNorm {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<Checked, Diag> {
        let shape = need_image(args, input)?;
        Ok(grouped(shape, shape[0], args.num("eps"), flag(args, "affine")))
    }
}
