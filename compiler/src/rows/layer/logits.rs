//! `logits`: scores of k classes for every element.

use super::super::args::{ArgKind, Args, ParamSpec};
use super::super::{Builder, ChainCx, Checked, Env, LayerRow, Row, init};
use super::convolution::Convolution;
use super::linear::{Linear, Mask};
use super::parts::{as_vector, need_image, need_vector, view};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::Value;
use crate::syntax::ast;
use std::rc::Rc;

/// `logits(256)`
pub struct Logits;

impl Row for Logits {
    fn name(&self) -> &'static str {
        "logits"
    }
    fn doc(&self) -> &'static str {
        "Scores of k classes on a new last axis. An image [C, H, W] becomes [channels, H, W, k] by a 1 x 1 convolution (`channels` is 1 when \
         not written: one predicted number a pixel); a vector [n] becomes [n, k] by a dense layer, whose `mask: B` lets the scores of \
         coordinate i read coordinates up to i only."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const PARAMS: &[ParamSpec] = &[
            ParamSpec { name: "k", kind: ArgKind::Int(1), default: None, doc: "number of classes" },
            ParamSpec {
                name: "channels",
                kind: ArgKind::Int(1),
                default: Some("1"),
                doc: "predicted channels of an image",
            },
            init::PARAM,
            Mask::PARAM,
        ];
        PARAMS
    }
}

impl LayerRow for Logits {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<Checked, Diag> {
        let (k, mask) = (args.int("k"), Mask::of(args));
        if input.shape.len() == 3 {
            return self.of_image(args, input, k, mask);
        }
        let n = need_vector(args, input)?;
        let map = Linear { mask, group: k, ..Linear::plain("", n, n * k) };
        let params = map.params_from(args)?;
        let input = input.clone();
        let lower = move |cx: &mut Builder, env: &Env, x: Value| {
            let x = as_vector(cx, x, &input);
            let y = map.lower(cx, env, x);
            vec![view(cx, y, &[n, k])]
        };
        Ok(Checked {
            out: vec![EventTy::real([n, k])],
            params,
            causality: mask.causality(),
            mixes_batch: false,
            twice_differentiable: true,
            lower: Rc::new(lower),
        })
    }
}

impl Logits {
    fn of_image(&self, args: &Args, input: &EventTy, k: usize, mask: Mask) -> Result<Checked, Diag> {
        let [c_in, h, w] = need_image(args, input)?;
        let channels = args.int("channels");
        let conv = Convolution { mask, ..Convolution::same("", c_in, channels * k, 1, h, w) };
        let params = conv.params(init::from_args(args, conv.fan())?);
        // A 1 x 1 kernel reads its own pixel only, with or without a mask.
        let causality = match mask {
            Mask::None => super::super::Causality::Weak,
            Mask::A | Mask::B => mask.causality(),
        };
        let whole = Checked::elementwise(EventTy::real([channels, h, w, k]), move |cx, env, x| {
            let y = conv.lower(cx, env, x);
            let y = view(cx, y, &[channels, k, h, w]);
            cx.permute(y, &[0, 1, 3, 4, 2])
        });
        Ok(Checked { params, causality, ..whole })
    }
}
