//! `batch_norm`: standardisation by the statistics of the batch.

use super::super::args::{ArgKind, Args, ParamSpec};
use super::super::{Builder, Causality, ChainCx, Checked, Env, LayerRow, ParamDecl, Row, init};
use super::affine;
use super::parts::{flag, need_features, over_root, per_channel, standardise};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::{Shape, Value};
use crate::syntax::ast;

/// `batch_norm`
pub struct BatchNorm;

impl Row for BatchNorm {
    fn name(&self) -> &'static str {
        "batch_norm"
    }
    fn doc(&self) -> &'static str {
        "(x - mean) / √(var + eps) · scale + shift for each coordinate of a vector or channel of an image (Ioffe & Szegedy 2015). While \
         training, mean and (biased) variance are those of the batch, and running averages of them are kept; otherwise the running \
         averages are used. It mixes the examples of a batch."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const PARAMS: &[ParamSpec] = &[
            ParamSpec {
                name: "momentum",
                kind: ArgKind::Num(0.0, 1.0),
                default: Some("0.1"),
                doc: "weight of the newest batch in the running averages",
            },
            affine::EPS,
            affine::PARAM,
        ];
        PARAMS
    }
}

impl LayerRow for BatchNorm {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<Checked, Diag> {
        let n = need_features(args, input)?;
        let (momentum, eps, affine) = (args.num("momentum"), args.num("eps"), flag(args, "affine"));
        let mut params = affine::params(affine, n);
        params.push(ParamDecl { name: "mean".into(), shape: vec![n], init: init::zeros(), trainable: false });
        params.push(ParamDecl { name: "var".into(), shape: vec![n], init: init::ones(), trainable: false });
        let rank = input.shape.len() + 1;
        // Statistics over the pixels of an image let every pixel read every other one.
        let causality = if rank == 2 { Causality::Weak } else { Causality::Global };
        let whole = Checked::elementwise(EventTy::real(input.shape.clone()), move |cx, env, x| {
            let y = if cx.training {
                let axes: Vec<usize> = (0..rank).filter(|&a| a != 1).collect();
                let (y, mean, var) = standardise(cx, x, &axes, eps);
                follow(cx, env, "mean", n, mean, momentum);
                follow(cx, env, "var", n, var, momentum);
                y
            } else {
                let mean = cx.state(env, "mean", &[n]);
                let var = cx.state(env, "var", &[n]);
                let mean = per_channel(cx, mean, rank);
                let var = per_channel(cx, var, rank);
                let d = cx.sub(x, mean);
                over_root(cx, d, var, eps)
            };
            affine::lower(cx, env, affine, n, y)
        });
        Ok(Checked { params, causality, mixes_batch: true, ..whole })
    }
}

/// running <- running + momentum (new - running); a second use in one program goes on from the first.
fn follow(cx: &mut Builder, env: &Env, name: &str, n: usize, new: Value, momentum: f64) {
    let kept = cx.state(env, name, &[n]);
    let old = cx.state_updates.get(&format!("{}.{name}", env.path)).copied().unwrap_or(kept);
    let new = cx.reshape(new, Shape::fixed(&[n]));
    let d = cx.sub(new, old);
    let d = cx.mul_c(d, momentum);
    let next = cx.add(old, d);
    cx.set_state(env, name, next);
}
