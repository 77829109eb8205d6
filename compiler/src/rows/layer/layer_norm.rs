//! `layer_norm`: standardisation of each example by itself.

use super::affine::{self, ScaleShift};
use super::parts::{moments, standardised};
use super::require::{need_any_features, sequence};
use super::{Block, Causality, ChainCx, Checked, Layer, LayerRow, LowerCx};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::Ex;
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// (x - mean) / √(var + eps) · scale + shift with mean and variance over all elements of one example (Ba et al. 2016); scale and
    /// shift for each coordinate of a vector or channel of an image. Unlike `batch_norm`, it scores each example alone. Of a sequence [T, d], as
    /// in a transformer, and of an image with `over: channels` every place is standardised for itself.
    pub struct LayerNorm = "layer_norm" [affine::EPS, affine::PARAM, OVER];
}

const OVER: ParamSpec = ParamSpec {
    name: "over",
    kind: ArgKind::Word(&["all", "channels"]),
    default: Some("all"),
    doc: "whether an image is standardised as a whole or every pixel over its channels",
};

#[derive(Debug, PartialEq)]
struct ByExample {
    eps: f64,
    affine: ScaleShift,
    /// The axes of a batch that are summed over.
    over: Vec<usize>,
    /// The axis of scale and shift.
    features: usize,
}

impl LayerRow for LayerNorm {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let places = sequence(input);
        let n = need_any_features(args, input)?;
        let alone = args.word(OVER.name) == "channels" && input.shape.len() == 3;
        let (over, features, causality) = match (places, alone) {
            (Some(_), _) => (vec![2], 2, Causality::Weak),
            (None, true) => (vec![1], 1, Causality::Weak),
            (None, false) => ((1..=input.shape.len()).collect(), 1, Causality::Global),
        };
        let affine = ScaleShift::of(args, n);
        let layer = ByExample { eps: args.num(affine::EPS.name), affine, over, features };
        let out = EventTy::real(input.shape.clone());
        Ok(Checked { params: affine.params(), causality, ..Checked::elementwise(out, layer) })
    }
}

impl Layer for ByExample {
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let y = standardised(x, moments(x, &self.over), self.eps);
        vec![self.affine.lower_along(cx, y, self.features)]
    }
}
