//! `minibatch_stddev`: tells a critic how much the examples of a batch differ.

use super::super::args::Args;
use super::super::{ChainCx, Checked, LayerRow, Row};
use super::parts::{need_features, shape_like};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::{ReduceKind, Shape};
use crate::syntax::ast;

/// `minibatch_stddev`
pub struct MinibatchStddev;

impl Row for MinibatchStddev {
    fn name(&self) -> &'static str {
        "minibatch_stddev"
    }
    fn doc(&self) -> &'static str {
        "One further coordinate or channel with the standard deviation over the batch, averaged over all elements (Karras et al. 2018, \
         section 3): [n] -> [n + 1], [C, H, W] -> [C + 1, H, W]. It mixes the examples of a batch."
    }
}

impl LayerRow for MinibatchStddev {
    fn reads_batch(&self) -> bool {
        true
    }
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<Checked, Diag> {
        let n = need_features(args, input)?;
        let mut shape = input.shape.clone();
        let mut plane = input.shape.clone();
        if let (Some(s), Some(p)) = (shape.first_mut(), plane.first_mut()) {
            *s = n + 1;
            *p = 1;
        }
        let whole = Checked::global(EventTy::real(shape), Vec::new(), move |cx, _, x| {
            let mean = cx.reduce(ReduceKind::Mean, x, &[0]);
            let d = cx.sub(x, mean);
            let sq = cx.square(d);
            let var = cx.reduce(ReduceKind::Mean, sq, &[0]);
            let var = cx.add_c(var, 1e-8);
            let std = cx.sqrt(var);
            let one = cx.mean_all(std);
            let one = cx.reshape(one, Shape::scalar());
            let wide = shape_like(cx, x, &plane);
            let extra = cx.broadcast(one, wide);
            cx.concat(&[x, extra], 1)
        });
        Ok(Checked { mixes_batch: true, ..whole })
    }
}
