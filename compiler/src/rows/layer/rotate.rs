//! `rotate`: an image turned by a multiple of a right angle.

use super::require::need_image;
use super::{Block, ChainCx, Checked, Layer, LayerRow, LowerCx};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::Ex;
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// The image turned to the left by so many degrees, a multiple of 90: [C, H, W] -> [C, W, H] by 90 and 270.
    pub struct Rotate = "rotate" [DEGREES];
}

const DEGREES: ParamSpec = ParamSpec {
    name: "degrees",
    kind: ArgKind::Whole(0, 270),
    default: Some("90"),
    doc: "0, 90, 180 or 270",
};

/// Rows, columns and quarter turns to the left.
#[derive(Debug, PartialEq)]
struct Turned {
    image: [usize; 2],
    quarters: usize,
}

impl LayerRow for Rotate {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let [c, h, w] = need_image(args, input)?;
        let degrees = args.int(DEGREES.name);
        if !degrees.is_multiple_of(90) {
            let d = args.error(
                DEGREES.name,
                format!("pixels stay pixels when an image is turned by right angles, and {degrees} degrees are none"),
                "no multiple of 90",
            );
            return Err(d.help("write 90, 180 or 270"));
        }
        let quarters = degrees / 90;
        let shape = if quarters.is_multiple_of(2) { vec![c, h, w] } else { vec![c, w, h] };
        Ok(Checked::global(input.rearranged(shape), Vec::new(), Turned { image: [h, w], quarters }))
    }
}

impl Layer for Turned {
    fn lower<'g>(&self, _: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let [h, w] = self.image;
        let reversed = |x: Ex<'g>, axis: usize, size: usize| x.take(axis, (0..size).rev().collect());
        let across = |x: Ex<'g>| x.permute(&[0, 1, 3, 2]);
        vec![match self.quarters {
            1 => reversed(across(x), 2, w),
            2 => reversed(reversed(x, 2, h), 3, w),
            3 => reversed(across(x), 3, h),
            _ => x,
        }]
    }
}
