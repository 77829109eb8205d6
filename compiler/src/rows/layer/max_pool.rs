//! `max_pool`: one number a tile, its largest.

use super::super::args::{Args, ParamSpec};
use super::super::{ChainCx, Checked, LayerRow, Row};
use super::pool;
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::ReduceKind;
use crate::syntax::ast;

/// `max_pool(2)`
pub struct MaxPool;

impl Row for MaxPool {
    fn name(&self) -> &'static str {
        "max_pool"
    }
    fn doc(&self) -> &'static str {
        "The largest number of each k x k tile: [C, H, W] -> [C, H / k, W / k]. Tiles do not overlap, and must cover the image."
    }
    fn params(&self) -> &'static [ParamSpec] {
        pool::PARAMS
    }
}

impl LayerRow for MaxPool {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<Checked, Diag> {
        pool::check(args, input, ReduceKind::Max)
    }
}
