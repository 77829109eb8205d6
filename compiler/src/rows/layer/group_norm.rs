//! `group_norm`: standardisation of groups of channels.

use super::super::args::{ArgKind, Args, ParamSpec};
use super::super::{ChainCx, Checked, LayerRow, Row};
use super::affine;
use super::parts::{flag, misfit, need_image, standardise, view};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::syntax::ast;

/// `group_norm(8)`
pub struct GroupNorm;

impl Row for GroupNorm {
    fn name(&self) -> &'static str {
        "group_norm"
    }
    fn doc(&self) -> &'static str {
        "(x - mean) / √(var + eps) · scale + shift with mean and variance over the pixels of one group of channels of one example (Wu & \
         He 2018); scale and shift for each channel."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const PARAMS: &[ParamSpec] = &[
            ParamSpec {
                name: "groups",
                kind: ArgKind::Int(1),
                default: Some("8"),
                doc: "number of groups, a divisor of the channels",
            },
            affine::EPS,
            affine::PARAM,
        ];
        PARAMS
    }
}

/// Standardisation of `groups` groups of channels.
pub fn grouped(input: [usize; 3], groups: usize, eps: f64, affine: bool) -> Checked {
    let [c, h, w] = input;
    Checked::global(EventTy::real([c, h, w]), affine::params(affine, c), move |cx, env, x| {
        let x = view(cx, x, &[groups, c / groups.max(1), h, w]);
        let (y, _, _) = standardise(cx, x, &[2, 3, 4], eps);
        let y = view(cx, y, &[c, h, w]);
        affine::lower(cx, env, affine, c, y)
    })
}

impl LayerRow for GroupNorm {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<Checked, Diag> {
        let shape = need_image(args, input)?;
        let groups = args.int("groups");
        if groups == 0 || shape[0] % groups != 0 {
            let d = misfit(
                args,
                format!("{groups} groups do not divide {} channels", shape[0]),
                format!("receives {} channels", shape[0]),
            );
            return Err(d.help("choose a number of groups that divides the channels, or `instance_norm`"));
        }
        Ok(grouped(shape, groups, args.num("eps"), flag(args, "affine")))
    }
}
