//! `crop`: a part of an image.

use super::require::{misfit, need_image};
use super::{Block, ChainCx, Checked, Layer, LayerRow, LowerCx};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::Ex;
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// A rectangle of the image: [C, H, W] -> [C, rows, columns]. A net of it alone has no parameters: `net middle(x: Real[1, 28, 28]) ->
    /// Real[1, 14, 14] { crop(14, at: (7, 7)) }`.
    pub struct Crop = "crop" [SIZE, AT];
}

const SIZE: ParamSpec = ParamSpec {
    name: "size",
    kind: ArgKind::Pair(1),
    default: None,
    doc: "how much of it, one number or (rows, columns)",
};
const AT: ParamSpec = ParamSpec {
    name: "at",
    kind: ArgKind::Pair(0),
    default: Some("0"),
    doc: "the first row and column, from 0; one number for both",
};

#[derive(Debug, PartialEq)]
struct Rectangle {
    at: [usize; 2],
    size: [usize; 2],
}

impl LayerRow for Crop {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let [c, h, w] = need_image(args, input)?;
        let (size @ [rows, columns], at @ [row, column]) = (args.pair(SIZE.name), args.pair(AT.name));
        if row.saturating_add(rows) > h || column.saturating_add(columns) > w {
            let message =
                format!("{rows} x {columns} pixels from row {row} and column {column} leave the image");
            return Err(misfit(args, message, format!("receives {h} x {w}"))
                .help("rows and columns count from 0; give a smaller `size`, or an `at` nearer to 0"));
        }
        Ok(Checked::global(input.rearranged(vec![c, rows, columns]), Vec::new(), Rectangle { at, size }))
    }
}

impl Layer for Rectangle {
    fn lower<'g>(&self, _: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let ([row, column], [rows, columns]) = (self.at, self.size);
        vec![x.slice(2, row, rows).slice(3, column, columns)]
    }
}
