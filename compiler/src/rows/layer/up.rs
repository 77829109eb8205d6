//! `up`: nearest-neighbour enlargement.

use super::super::args::{ArgKind, Args, ParamSpec};
use super::super::{ChainCx, Checked, LayerRow, Row};
use super::parts::{need_image, shape_like, view};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::syntax::ast;

/// `up(2)`
pub struct Up;

impl Row for Up {
    fn name(&self) -> &'static str {
        "up"
    }
    fn doc(&self) -> &'static str {
        "Repeats every pixel `factor` times along rows and columns: [C, H, W] -> [C, factor H, factor W]."
    }
    fn params(&self) -> &'static [ParamSpec] {
        &[ParamSpec {
            name: "factor",
            kind: ArgKind::Pair(1),
            default: Some("2"),
            doc: "enlargement, one number or (rows, columns)",
        }]
    }
}

impl LayerRow for Up {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<Checked, Diag> {
        let [c, h, w] = need_image(args, input)?;
        let [a, b] = args.pair("factor");
        let out = EventTy { kind: input.kind, shape: vec![c, h * a, w * b] };
        Ok(Checked::global(out, Vec::new(), move |cx, _, x| {
            let x = view(cx, x, &[c, h, 1, w, 1]);
            let wide = shape_like(cx, x, &[c, h, a, w, b]);
            let x = cx.broadcast(x, wide);
            view(cx, x, &[c, h * a, w * b])
        }))
    }
}
