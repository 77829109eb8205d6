//! `squeeze`: tiles of pixels become channels.

use super::super::args::{ArgKind, Args, ParamSpec};
use super::super::layer::parts::{misfit, need_image, view};
use super::super::{BijectionRow, ChainCx, CheckedBijection, Row};
use super::parts::rearrangement;
use crate::diag::Diag;
use crate::event::EventTy;
use crate::syntax::ast;

/// `squeeze(2)`
pub struct Squeeze;

/// The `factor` argument.
pub const PARAMS: &[ParamSpec] = &[ParamSpec {
    name: "factor",
    kind: ArgKind::Int(1),
    default: Some("2"),
    doc: "rows and columns of a tile",
}];

impl Row for Squeeze {
    fn name(&self) -> &'static str {
        "squeeze"
    }
    fn doc(&self) -> &'static str {
        "Each f x f tile of pixels becomes f² channels (RealNVP, Dinh et al. 2017, section 3.6): [C, H, W] -> [f² C, H / f, W / f]; keeps \
         volumes. Its inverse is `unsqueeze`."
    }
    fn params(&self) -> &'static [ParamSpec] {
        PARAMS
    }
}

/// The bijection from `[c, f h, f w]` to `[f² c, h, w]`; output channel is (channel, row in the tile, column in the tile).
pub fn squeeze(input: &EventTy, [c, h, w]: [usize; 3], f: usize) -> CheckedBijection {
    let out = EventTy { kind: input.kind, shape: vec![c * f * f, h, w] };
    let mut from = Vec::with_capacity(input.size());
    for channel in 0..c {
        for (a, b) in (0..f).flat_map(|a| (0..f).map(move |b| (a, b))) {
            for row in 0..h {
                from.extend((0..w).map(|column| (channel * h * f + row * f + a) * w * f + column * f + b));
            }
        }
    }
    rearrangement(
        out,
        from,
        move |cx, z| {
            let z = view(cx, z, &[c, h, f, w, f]);
            let z = cx.permute(z, &[0, 1, 3, 5, 2, 4]);
            view(cx, z, &[c * f * f, h, w])
        },
        move |cx, x| {
            let x = view(cx, x, &[c, f, f, h, w]);
            let x = cx.permute(x, &[0, 1, 4, 2, 5, 3]);
            view(cx, x, &[c, h * f, w * f])
        },
    )
}

impl BijectionRow for Squeeze {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<CheckedBijection, Diag> {
        let [c, h, w] = need_image(args, input)?;
        let f = args.int("factor").max(1);
        if h % f != 0 || w % f != 0 {
            let d = misfit(
                args,
                format!("tiles of {f} x {f} do not cover an image of {h} x {w}"),
                format!("receives {h} x {w}"),
            );
            return Err(d.help(format!("{h} and {w} must be divisible by {f}")));
        }
        Ok(squeeze(input, [c, h / f, w / f], f))
    }
}
