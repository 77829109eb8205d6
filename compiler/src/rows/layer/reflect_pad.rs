//! `reflect_pad`: continues an image by its mirror image.

use super::super::args::{ArgKind, Args, ParamSpec};
use super::super::{ChainCx, Checked, LayerRow, Row};
use super::parts::{misfit, need_image};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::syntax::ast;

/// `reflect_pad(3)`
pub struct ReflectPad;

impl Row for ReflectPad {
    fn name(&self) -> &'static str {
        "reflect_pad"
    }
    fn doc(&self) -> &'static str {
        "Continues the image by its mirror image, without repeating the border: [C, H, W] -> [C, H + 2 n, W + 2 n]. Follow with \
         `conv(.., pad: valid)`."
    }
    fn params(&self) -> &'static [ParamSpec] {
        &[ParamSpec {
            name: "n",
            kind: ArgKind::Int(1),
            default: Some("1"),
            doc: "rows and columns on each side",
        }]
    }
}

impl LayerRow for ReflectPad {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<Checked, Diag> {
        let [c, h, w] = need_image(args, input)?;
        let n = args.int("n");
        if n >= h.min(w) {
            let d = misfit(
                args,
                format!("a mirror of {n} rows and columns needs an image larger than {n} x {n}"),
                format!("receives {h} x {w}"),
            );
            return Err(d.help(format!("write a number below {}", h.min(w))));
        }
        let mirror = |size: usize| -> Vec<usize> {
            (0..size + 2 * n)
                .map(|i| {
                    let from_border = i.abs_diff(n);
                    if from_border < size { from_border } else { 2 * (size - 1) - from_border }
                })
                .collect()
        };
        let (rows, columns) = (mirror(h), mirror(w));
        let out = EventTy { kind: input.kind, shape: vec![c, h + 2 * n, w + 2 * n] };
        Ok(Checked::global(out, Vec::new(), move |cx, _, x| {
            let x = cx.take(x, 2, rows.clone());
            cx.take(x, 3, columns.clone())
        }))
    }
}
