//! `position`: tells every place of an event which one it is.

use super::require::misfit;
use super::{Block, ChainCx, Checked, Layer, LayerRow, LowerCx};
use crate::diag::Diag;
use crate::event::{EventTy, Kind};
use crate::ir::Ex;
use crate::rows::args::{Args, ParamSpec};
use crate::rows::{Init, ParamDecl, init};

row! {
    /// x + e with a trained vector for each place: of every pixel of an image [C, H, W], every token of a sequence [T, d], every coordinate of a
    /// vector (learned positions, Gehring et al. 2017, section 3.1). The table has the shape of the event and starts normal with
    /// standard deviation 0.02.
    pub struct Position = "position" [TABLE];
}

const TABLE: ParamSpec = ParamSpec {
    doc: "initial table, normal with standard deviation 0.02 when not written: `zeros`, `ones`, `constant(c)`, `uniform(b)`, \
          `normal(s)`, `lecun`, `xavier`, `he` or `orthogonal`; one number of the output reads one of the table",
    ..init::PARAM
};

/// A table of the shape of the event.
#[derive(Debug, PartialEq)]
struct Places(Vec<usize>);

impl LayerRow for Position {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        if matches!(input.kind, Kind::Class(_)) || input.shape.is_empty() {
            let d = misfit(args, "`position` adds to numbers at several places", format!("receives {input}"));
            return Err(d.help("write `embed(32), position` for classes"));
        }
        let drawn = init::from_args(args, init::Fan { input: 1, output: 1 })?;
        let table = ParamDecl::trained("table", &input.shape, drawn.unwrap_or(Init::Normal(0.02)));
        let out = EventTy::real(input.shape.clone());
        Ok(Checked { params: vec![table], ..Checked::elementwise(out, Places(input.shape.clone())) })
    }
}

impl Layer for Places {
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        vec![x + cx.param("table", &self.0).lift(x.rank())]
    }
}
