//! `squeeze`: tiles of pixels become channels.

use super::parts::rearrangement;
use super::{Bijection, BijectionRow, CheckedBijection, Direction, Found, Moved};
use crate::event::EventTy;
use crate::ir::Ex;
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::layer::require::{misfit, need_image};
use crate::rows::{Block, ChainCx, LowerCx};

row! {
    /// Each f x f tile of pixels becomes f² channels (RealNVP, Dinh et al. 2017, section 3.6): [C, H, W] -> [f² C, H / f, W / f]; keeps
    /// volumes. Its inverse is `unsqueeze`.
    pub struct Squeeze = "squeeze" [FACTOR];
}

/// The `factor` argument.
pub const FACTOR: ParamSpec = ParamSpec {
    name: "factor",
    kind: ArgKind::Int(1),
    default: Some("2"),
    doc: "rows and columns of a tile",
};

/// `[c, f h, f w]` to `[f² c, h, w]`; an output channel is (channel, row in the tile, column in the tile).
#[derive(Debug, PartialEq)]
struct Tiles {
    f: usize,
    c: usize,
    h: usize,
    w: usize,
}

/// The bijection from `[c, f h, f w]` to `[f² c, h, w]`.
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
    rearrangement(out, from, Tiles { f, c, h, w })
}

impl BijectionRow for Squeeze {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Found {
        let [c, h, w] = need_image(args, input)?;
        let f = args.int(FACTOR.name).max(1);
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

impl Bijection for Tiles {
    fn run<'g>(&self, _: LowerCx<'g, '_>, x: Ex<'g>, to: Direction) -> Moved<'g> {
        let Tiles { f, c, h, w } = *self;
        let y = match to {
            Direction::Forward => {
                x.view(&[c, h, f, w, f]).permute(&[0, 1, 3, 5, 2, 4]).view(&[c * f * f, h, w])
            }
            Direction::Inverse => {
                x.view(&[c, f, f, h, w]).permute(&[0, 1, 4, 2, 5, 3]).view(&[c, h * f, w * f])
            }
        };
        (y, None)
    }
}
