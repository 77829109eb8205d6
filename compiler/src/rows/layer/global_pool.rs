//! `global_pool`: one number a channel.

use super::super::args::{ArgKind, Args, ParamSpec};
use super::super::{ChainCx, Checked, LayerRow, Row};
use super::parts::{need_image, view};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::ReduceKind;
use crate::syntax::ast;

/// `global_pool`
pub struct GlobalPool;

impl Row for GlobalPool {
    fn name(&self) -> &'static str {
        "global_pool"
    }
    fn doc(&self) -> &'static str {
        "Average (or sum, or maximum) of all pixels of a channel: [C, H, W] -> [C]."
    }
    fn params(&self) -> &'static [ParamSpec] {
        &[ParamSpec {
            name: "by",
            kind: ArgKind::Word(&["avg", "sum", "max"]),
            default: Some("avg"),
            doc: "how the pixels are combined",
        }]
    }
}

impl LayerRow for GlobalPool {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<Checked, Diag> {
        let [c, _, _] = need_image(args, input)?;
        let how = match args.word("by") {
            "sum" => ReduceKind::Sum,
            "max" => ReduceKind::Max,
            _ => ReduceKind::Mean,
        };
        Ok(Checked::global(EventTy::real([c]), Vec::new(), move |cx, _, x| {
            let y = cx.reduce(how, x, &[2, 3]);
            view(cx, y, &[c])
        }))
    }
}
