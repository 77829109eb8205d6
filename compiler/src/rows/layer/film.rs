//! `film`: scales and shifts features by what further inputs say.

use super::super::args::{Args, ParamSpec};
use super::super::{ChainCx, Checked, LayerRow, Row};
use super::conditioning::{PARAMS, Projection};
use super::parts::need_features;
use crate::diag::Diag;
use crate::event::EventTy;
use crate::syntax::ast;

/// `film(y)`
pub struct Film;

impl Row for Film {
    fn name(&self) -> &'static str {
        "film"
    }
    fn doc(&self) -> &'static str {
        "x (1 + Σ G v) + Σ W v over the further inputs v of the net, for each coordinate of a vector or channel of an image (Perez et al. \
         2018); the identity at the start. `batch_norm(affine: false), film(y)` is conditional batch normalisation."
    }
    fn params(&self) -> &'static [ParamSpec] {
        PARAMS
    }
}

impl LayerRow for Film {
    fn check(
        &self,
        cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<Checked, Diag> {
        let n = need_features(args, input)?;
        let gain = Projection::check(cx, args, "gain.", input, n)?;
        let shift = Projection::check(cx, args, "shift.", input, n)?;
        let mut params = gain.params(true);
        params.extend(shift.params(true));
        let whole = Checked::elementwise(EventTy::real(input.shape.clone()), move |cx, env, x| {
            let (Some(g), Some(b)) = (gain.lower(cx, env), shift.lower(cx, env)) else { return x };
            let g = cx.add_c(g, 1.0);
            let y = cx.mul(x, g);
            cx.add(y, b)
        });
        Ok(Checked { params, ..whole })
    }
}
