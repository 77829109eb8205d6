//! `attention`: every pixel reads every pixel.

use super::convolution::Convolution;
use super::require::need_image;
use super::{Block, ChainCx, Checked, Layer, LayerRow, LowerCx};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::{Ex, Shape};
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{Init, ParamDecl};

row! {
    /// x + γ softmax(QᵀK) V over the pixels of an image, with 1 x 1 convolutions Q, K (channels / 8) and V, and γ = 0 at the start
    /// (self-attention GAN, Zhang et al. 2019, eq. 1-3).
    pub struct Attention = "attention" [KEYS];
}

const KEYS: ParamSpec = ParamSpec {
    name: "keys",
    kind: ArgKind::Int(1),
    default: Some(""),
    doc: "channels of Q and K; channels / 8 when not written",
};

#[derive(Debug, PartialEq)]
struct SelfAttention {
    query: Convolution,
    key: Convolution,
    value: Convolution,
}

impl LayerRow for Attention {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let [c, h, w] = need_image(args, input)?;
        let keys = args.int_if_given(KEYS.name).unwrap_or((c / 8).max(1));
        let part = |name: &str, out| Convolution { bias: false, ..Convolution::same(name, c, out, 1, h, w) };
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
