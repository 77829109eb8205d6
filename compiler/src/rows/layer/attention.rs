//! `attention`: every place reads places of the same event.

use super::convolution::Convolution;
use super::linear::Mask;
use super::multihead::{Asked, Multihead};
use super::require::need_image;
use super::{Block, ChainCx, Checked, Layer, LayerRow, LowerCx, spectral};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::{Ex, Shape};
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{Init, ParamDecl};

row! {
    /// Of a sequence [T, d], and of an image [C, H, W] where `heads` or `mask` is written, the attention of transformers: each head is
    /// softmax(Q Kᵀ / √keys) V, and a linear map puts the heads together (Vaswani et al. 2017, section 3.2); write
    /// `residual { .. }` around it. The places are tokens, or pixels in raster order: with `mask: A` a place reads earlier ones only
    /// (its query is made of the one before it), and the first reads zeros; with `mask: B` also itself.
    /// With `positions: rotary` what two places are to each other depends on how far apart they are: pairs of features of Q and K are turned
    /// by the place times 10000^(-2 j / d), j the pair and d the features of a head (Su et al. 2021, eq. 34; the halves of a head are paired). Alone on an image it is x + γ softmax(Q Kᵀ) V with 1 x 1 convolutions
    /// Q, K (channels / 8) and V, and γ = 0 at the start (self-attention GAN, Zhang et al. 2019, eq. 1-3).
    pub struct Attention = "attention" [KEYS, HEADS, Mask::PARAM, POSITIONS, spectral::PARAM];
}

const KEYS: ParamSpec = ParamSpec {
    name: "keys",
    kind: ArgKind::Int(1),
    default: Some(""),
    doc: "features of Q and K, of all heads together; as many as arrive when not written, alone on an image channels / 8",
};
const HEADS: ParamSpec = ParamSpec {
    name: "heads",
    kind: ArgKind::Int(1),
    default: Some(""),
    doc: "number of heads, a divisor of the features; 1 when not written",
};

const POSITIONS: ParamSpec = ParamSpec {
    name: "positions",
    kind: ArgKind::Word(&["none", "rotary"]),
    default: Some("none"),
    doc: "`rotary`: scores know how far apart two places are",
};

#[derive(Debug, PartialEq)]
struct SelfAttention {
    query: Convolution,
    key: Convolution,
    value: Convolution,
}

impl LayerRow for Attention {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let (keys, heads, mask) =
            (args.int_if_given(KEYS.name), args.int_if_given(HEADS.name), Mask::of(args));
        let (rotary, spectral) = (args.word(POSITIONS.name) == "rotary", spectral::wanted(args));
        if input.shape.len() == 2 || heads.is_some() || mask != Mask::None || rotary {
            return Multihead::check(
                args,
                input,
                Asked { keys, heads: heads.unwrap_or(1), mask, rotary, spectral },
            );
        }
        let [c, h, w] = need_image(args, input)?;
        let keys = keys.unwrap_or((c / 8).max(1));
        let part = |name: &str, out| Convolution {
            bias: false,
            spectral,
            ..Convolution::same(name, c, out, 1, h, w)
        };
        let layer =
            SelfAttention { query: part("query.", keys), key: part("key.", keys), value: part("value.", c) };
        let parts = [&layer.query, &layer.key, &layer.value];
        let mut params: Vec<ParamDecl> = parts.into_iter().flat_map(|p| p.params(None)).collect();
        params.push(ParamDecl::trained("gate", &[1], Init::ZEROS));
        Ok(Checked::global(EventTy::real([c, h, w]), params, layer))
    }
}

impl Layer for SelfAttention {
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let image @ [_, h, w] = self.value.out();
        let [q, k, v] = [&self.query, &self.key, &self.value].map(|p| p.lower(cx, x).view(&[p.c_out, h * w]));
        let weights = q.transpose().matmul(k).log_softmax(2).exp();
        let read = v.matmul(weights.transpose()).view(&image);
        vec![x + read * cx.param("gate", &[1]).reshape(Shape::scalar())]
    }
}
