//! `batch_norm`: standardisation by the statistics of the batch.

use super::affine::{self, ScaleShift};
use super::parts::{moments, per_channel, standardised};
use super::require::need_features;
use super::{Block, ChainCx, Checked, Layer, LayerRow, LowerCx, ReadsBatch};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::{Ex, Shape};
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::setting::newest;
use crate::rows::{Init, ParamDecl};

row! {
    /// (x - mean) / √(var + eps) · scale + shift for each coordinate of a vector or channel of an image (Ioffe & Szegedy 2015). While
    /// training, mean and (biased) variance are those of the batch, and running averages of them are kept, in which the batches' shares
    /// sum to 1 from the first one on; otherwise the running averages are used. It mixes the examples of a batch, so a
    /// batch has at least two, and a leftover of fewer than half a batch joins the minibatch before it.
    pub struct BatchNorm = "batch_norm" [MOMENTUM, affine::EPS, affine::PARAM];
}

/// Of how many batches the running averages are.
const BATCHES: &str = "batches";

const MOMENTUM: ParamSpec = ParamSpec {
    name: "momentum",
    kind: ArgKind::Num(0.0, 1.0),
    default: Some("0.1"),
    doc: "weight of the newest batch in the running averages",
};

#[derive(Debug, PartialEq)]
struct ByBatch {
    n: usize,
    momentum: f64,
    eps: f64,
    affine: ScaleShift,
}

impl LayerRow for BatchNorm {
    fn reads_batch(&self) -> ReadsBatch {
        ReadsBatch::Training
    }
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let n = need_features(args, input)?;
        let affine = ScaleShift::of(args, n);
        let layer = ByBatch { n, momentum: args.num(MOMENTUM.name), eps: args.num(affine::EPS.name), affine };
        let mut params = affine.params();
        params.push(ParamDecl::state("mean", &[n], Init::ZEROS));
        params.push(ParamDecl::state("var", &[n], Init::ONES));
        params.push(ParamDecl::state(BATCHES, &[], Init::ZEROS));
        let whole = Checked::elementwise(EventTy::real(input.shape.clone()), layer);
        Ok(Checked { params, mixes_batch: true, ..whole })
    }
}

impl Layer for ByBatch {
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let n = [self.n];
        let (mean, var) = if cx.training {
            let axes: Vec<usize> = (0..x.rank()).filter(|&a| a != 1).collect();
            moments(x, &axes)
        } else {
            let [mean, var] =
                ["mean", "var"].map(|name| cx.state(name, &n)).map(|s| per_channel(s, x.rank()));
            (mean, var)
        };
        let y = standardised(x, (mean, var), self.eps);
        if cx.training && self.momentum > 0.0 {
            // The shares of all batches sum to 1 from the first one on: what the averages start with has none.
            let batches = cx.latest_state(BATCHES, &[]) + 1.0;
            cx.set_state(BATCHES, batches);
            for (name, new) in [("mean", mean), ("var", var)] {
                let new = new.reshape(Shape::fixed(&n));
                if self.momentum < 1.0 {
                    let old = cx.latest_state(name, &n);
                    cx.set_state(name, old + (new - old) * newest(batches, 1.0 - self.momentum));
                } else {
                    cx.set_state(name, new);
                }
            }
        }
        vec![self.affine.lower(cx, y)]
    }
}
