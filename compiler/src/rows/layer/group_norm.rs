//! `group_norm`: standardisation of groups of channels.

use super::affine::{self, ScaleShift};
use super::parts::{moments, standardised};
use super::require::{misfit, need_image};
use super::{Block, ChainCx, Checked, Layer, LayerRow, LowerCx};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::Ex;
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// (x - mean) / √(var + eps) · scale + shift with mean and variance over the pixels of one group of channels of one example (Wu &
    /// He 2018); scale and shift for each channel.
    pub struct GroupNorm = "group_norm" [GROUPS, affine::EPS, affine::PARAM];
}

const GROUPS: ParamSpec = ParamSpec {
    name: "groups",
    kind: ArgKind::Int(1),
    default: Some("8"),
    doc: "number of groups, a divisor of the channels",
};

#[derive(Debug, PartialEq)]
struct ByGroup {
    image: [usize; 3],
    groups: usize,
    eps: f64,
    affine: ScaleShift,
}

/// Standardisation of `groups` groups of channels, by the arguments that such layers share.
pub fn grouped(args: &Args, image: [usize; 3], groups: usize) -> Checked {
    let [c, _, _] = image;
    let affine = ScaleShift::of(args, c);
    let layer = ByGroup { image, groups, eps: args.num(affine::EPS.name), affine };
    Checked::global(EventTy::real(image), affine.params(), layer)
}

impl LayerRow for GroupNorm {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let image @ [c, _, _] = need_image(args, input)?;
        let groups = args.int(GROUPS.name);
        if groups == 0 || c % groups != 0 {
            let d = misfit(
                args,
                format!("{groups} groups do not divide {c} channels"),
                format!("receives {c} channels"),
            );
            return Err(d.help("choose a number of groups that divides the channels, or `instance_norm`"));
        }
        Ok(grouped(args, image, groups))
    }
}

impl Layer for ByGroup {
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let [c, h, w] = self.image;
        let x = x.view(&[self.groups, c / self.groups.max(1), h, w]);
        let y = standardised(x, moments(x, &[2, 3, 4]), self.eps).view(&self.image);
        vec![self.affine.lower(cx, y)]
    }
}
