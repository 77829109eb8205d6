//! `bias_from`: adds a learned projection of further inputs.

use super::super::args::{Args, ParamSpec};
use super::super::{ChainCx, Checked, LayerRow, Row};
use super::conditioning::{PARAMS, Projection};
use super::parts::need_features;
use crate::diag::Diag;
use crate::event::EventTy;
use crate::syntax::ast;

/// `bias_from(z, y)`
pub struct BiasFrom;

impl Row for BiasFrom {
    fn name(&self) -> &'static str {
        "bias_from"
    }
    fn doc(&self) -> &'static str {
        "x + Σ W v over the further inputs v of the net (or `given` values of the flow), one number for each coordinate of a vector or \
         channel of an image; an image input of the same rows and columns is projected pixel by pixel. `Class(n)` enters as one-hot."
    }
    fn params(&self) -> &'static [ParamSpec] {
        PARAMS
    }
}

impl LayerRow for BiasFrom {
    fn check(
        &self,
        cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<Checked, Diag> {
        let n = need_features(args, input)?;
        let p = Projection::check(cx, args, "", input, n)?;
        let params = p.params(false);
        let whole = Checked::elementwise(EventTy::real(input.shape.clone()), move |cx, env, x| {
            match p.lower(cx, env) {
                Some(b) => cx.add(x, b),
                None => x,
            }
        });
        Ok(Checked { params, ..whole })
    }
}
