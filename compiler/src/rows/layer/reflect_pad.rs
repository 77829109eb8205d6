//! `reflect_pad`: continues an image by its mirror image.

use super::require::{misfit, need_image};
use super::{Block, ChainCx, Checked, Layer, LayerRow, LowerCx};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::Ex;
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// Continues the image by its mirror image, without repeating the border: [C, H, W] -> [C, H + 2 n, W + 2 n]. Follow with
    /// `conv(.., pad: valid)`.
    pub struct ReflectPad = "reflect_pad" [N];
}

const N: ParamSpec =
    ParamSpec { name: "n", kind: ArgKind::Int(1), default: Some("1"), doc: "rows and columns on each side" };

/// The rows and columns that the result shows.
#[derive(Debug, PartialEq)]
struct Mirror {
    rows: Vec<usize>,
    columns: Vec<usize>,
}

impl LayerRow for ReflectPad {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let [c, h, w] = need_image(args, input)?;
        let n = args.int(N.name);
        if n >= h.min(w) {
            let d = misfit(
                args,
                format!("a mirror of {n} rows and columns needs an image larger than {n} x {n}"),
                format!("receives {h} x {w}"),
            );
            return Err(d.help(format!("write a number below {}", h.min(w))));
        }
        let mirror = |size: usize| -> Vec<usize> {
            let from_border = (0..size + 2 * n).map(|i| i.abs_diff(n));
            from_border.map(|d| if d < size { d } else { 2 * (size - 1) - d }).collect()
        };
        let out = input.rearranged(vec![c, h + 2 * n, w + 2 * n]);
        Ok(Checked::global(out, Vec::new(), Mirror { rows: mirror(h), columns: mirror(w) }))
    }
}

impl Layer for Mirror {
    fn lower<'g>(&self, _: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        vec![x.take(2, self.rows.clone()).take(3, self.columns.clone())]
    }
}
