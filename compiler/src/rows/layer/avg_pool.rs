//! `avg_pool`: one number a tile, its average.

use super::super::args::{Args, ParamSpec};
use super::super::{ChainCx, Checked, LayerRow, Row};
use super::pool;
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::ReduceKind;
use crate::syntax::ast;

/// `avg_pool(2)`
pub struct AvgPool;

impl Row for AvgPool {
    fn name(&self) -> &'static str {
        "avg_pool"
    }
    fn doc(&self) -> &'static str {
        "The average of each k x k tile: [C, H, W] -> [C, H / k, W / k]. Tiles do not overlap, and must cover the image."
    }
    fn params(&self) -> &'static [ParamSpec] {
        pool::PARAMS
    }
}

impl LayerRow for AvgPool {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<Checked, Diag> {
        pool::check(args, input, ReduceKind::Mean)
    }
}
