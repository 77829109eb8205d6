//! `flatten`: an event as a vector.

use super::super::args::Args;
use super::super::{ChainCx, Checked, LayerRow, Row};
use super::parts::view;
use super::reshape::order_kept;
use crate::diag::Diag;
use crate::event::EventTy;
use crate::syntax::ast;

/// `flatten`
pub struct Flatten;

impl Row for Flatten {
    fn name(&self) -> &'static str {
        "flatten"
    }
    fn doc(&self) -> &'static str {
        "The same elements, row-major, as one vector: [C, H, W] -> [C H W]."
    }
}

impl LayerRow for Flatten {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        _args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<Checked, Diag> {
        let shape = vec![input.size()];
        let out = EventTy { kind: input.kind, shape: shape.clone() };
        let causality = order_kept(&input.shape, &shape);
        Ok(Checked { causality, ..Checked::elementwise(out, move |cx, _, x| view(cx, x, &shape)) })
    }
}
