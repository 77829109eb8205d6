//! `logits`: scores of k classes for every element.

use super::convolution::Convolution;
use super::linear::{Linear, Mask};
use super::parts::as_numbers;
use super::require::{alone_at_places, need_image, need_vector};
use super::runs::Runs;
use super::{Block, Causality, ChainCx, Checked, Layer, LayerRow, LowerCx, Reads};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::Ex;
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::init;

row! {
    /// Scores of k classes on a new last axis. A sequence [T, d] becomes [T, k]: the scores of one class at every place. An image [C, H, W] becomes [channels, H, W, k] by a 1 x 1 convolution (`channels` is 1
    /// when not written: one predicted number a pixel); a vector [n] becomes [n, k] by a dense layer, whose `mask: B` lets the scores
    /// of coordinate i read coordinates up to i only. With `mask: B, colours: 3` the scores of three predicted channels read the features of
    /// earlier colours and their own, with `mask: A` of earlier ones only (van den Oord et al. 2016, section 3.4).
    pub struct Logits = "logits" [K, CHANNELS, init::PARAM, Mask::PARAM, Runs::PARAM];
}

const K: ParamSpec = ParamSpec { name: "k", kind: ArgKind::Int(1), default: None, doc: "number of classes" };
const CHANNELS: ParamSpec = ParamSpec {
    name: "channels",
    kind: ArgKind::Int(1),
    default: Some("1"),
    doc: "predicted channels of an image",
};

#[derive(Debug, PartialEq)]
struct OfVector {
    map: Linear,
    input: EventTy,
}

#[derive(Debug, PartialEq)]
struct OfImage {
    conv: Convolution,
    k: usize,
}

/// Scores of one class at every place of a sequence.
#[derive(Debug, PartialEq)]
struct OfPlaces(Linear);

impl LayerRow for Logits {
    fn size(&self) -> Option<&'static str> {
        Some(K.name)
    }
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let (k, mask) = (args.int("k"), Mask::of(args));
        if input.shape.len() == 3 {
            return of_image(args, input, k, mask);
        }
        if let Some([t, d]) = alone_at_places(args, input)? {
            let map = Linear::plain("", d, k);
            let (params, out) = (map.params_from(args)?, EventTy::real([t, k]));
            return Ok(Checked {
                params,
                causality: Causality::Weak,
                ..Checked::elementwise(out, OfPlaces(map))
            });
        }
        let n = need_vector(args, input)?;
        Runs::of(args).check(args, &input.shape, &[])?;
        let map = Linear { mask, group: k, ..Linear::plain("", n, n * k) };
        let params = map.params_from(args)?;
        let whole = Checked::elementwise(EventTy::real([n, k]), OfVector { map, input: input.clone() });
        Ok(Checked { params, causality: mask.causality(), ..whole })
    }
}

fn of_image(args: &Args, input: &EventTy, k: usize, mask: Mask) -> Result<Checked, Diag> {
    let [c_in, h, w] = need_image(args, input)?;
    let channels = args.int("channels");
    let runs = Runs::of(args);
    runs.check_masked(args, mask, &input.shape, &[channels])?;
    let conv = Convolution { mask, runs, ..Convolution::same("", c_in, channels * k, 1, h, w) };
    let params = conv.params(init::from_args(args, conv.fan())?);
    // A 1 x 1 kernel reads its own pixel only, with or without a mask.
    let causality = match mask {
        Mask::None => Causality::Weak,
        Mask::A | Mask::B => runs.causality(mask),
    };
    let whole = Checked::elementwise(EventTy::real([channels, h, w, k]), OfImage { conv, k });
    Ok(Checked { params, causality, ..whole })
}

impl Layer for OfVector {
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        vec![self.map.lower(cx, as_numbers(x, &self.input)).view(&[self.map.n_in, self.map.group])]
    }
    fn reads(&self, _: Causality) -> Reads {
        self.map.mask.reads()
    }
}

impl Layer for OfPlaces {
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        vec![self.0.lower_each(cx, x)]
    }
}

impl Layer for OfImage {
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        vec![self.conv.lower_each(cx, x, self.k)]
    }
    fn reads(&self, _: Causality) -> Reads {
        self.conv.reads()
    }
}
