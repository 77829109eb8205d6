//! `attention`: every pixel reads every pixel.

use super::super::args::{ArgKind, Args, ParamSpec};
use super::super::{ChainCx, Checked, LayerRow, ParamDecl, Row, init};
use super::convolution::Convolution;
use super::parts::{need_image, view};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::Shape;
use crate::syntax::ast;

/// `attention`
pub struct Attention;

impl Row for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }
    fn doc(&self) -> &'static str {
        "x + γ softmax(QᵀK) V over the pixels of an image, with 1 x 1 convolutions Q, K (channels / 8) and V, and γ = 0 at the start \
         (self-attention GAN, Zhang et al. 2019, eq. 1-3)."
    }
    fn params(&self) -> &'static [ParamSpec] {
        &[ParamSpec {
            name: "keys",
            kind: ArgKind::Int(1),
            default: Some(""),
            doc: "channels of Q and K; channels / 8 when not written",
        }]
    }
}

impl LayerRow for Attention {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<Checked, Diag> {
        let [c, h, w] = need_image(args, input)?;
        let keys = args.get("keys").map_or((c / 8).max(1), |_| args.int("keys"));
        let part = |name: &str, out| Convolution {
            bias: false,
            ..Convolution::same(format!("{name}."), c, out, 1, h, w)
        };
        let (q, k, v) = (part("query", keys), part("key", keys), part("value", c));
        let mut params: Vec<ParamDecl> = [&q, &k, &v].into_iter().flat_map(|p| p.params(None)).collect();
        params.push(ParamDecl { name: "gate".into(), shape: vec![1], init: init::zeros(), trainable: true });
        Ok(Checked::global(EventTy::real([c, h, w]), params, move |cx, env, x| {
            let flat = |cx: &mut super::super::Builder, p: &Convolution, n: usize| {
                let y = p.lower(cx, env, x);
                view(cx, y, &[n, h * w])
            };
            let (qs, ks, vs) = (flat(cx, &q, keys), flat(cx, &k, keys), flat(cx, &v, c));
            let qt = cx.transpose(qs);
            let scores = cx.matmul(qt, ks);
            let logs = cx.log_softmax(scores, 2);
            let weights = cx.exp(logs);
            let weights = cx.transpose(weights);
            let read = cx.matmul(vs, weights);
            let read = view(cx, read, &[c, h, w]);
            let gate = cx.param(env, "gate", &[1]);
            let gate = cx.reshape(gate, Shape::scalar());
            let read = cx.mul(read, gate);
            cx.add(x, read)
        }))
    }
}
