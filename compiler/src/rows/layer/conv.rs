//! `conv`: a 2-D convolution.

use super::convolution::{Convolution, PAD, Padding, axis, check_groups, too_small};
use super::convolution::{GROUPS, K};
use super::linear::{BIAS, Mask};
use super::require::{flag, need_image};
use super::runs::Runs;
use super::{Block, Causality, ChainCx, Checked, Layer, LayerRow, LowerCx, Reads, spectral};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::Ex;
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::init;

row! {
    /// A 2-D convolution with bias: [C, H, W] -> [channels, H', W'], H' = ⌊(H + padding - dilation (k - 1) - 1) / stride⌋ + 1. With
    /// `mask: A` an output pixel reads only pixels before it in raster order, with `mask: B` also its own (van den Oord et al. 2016,
    /// section 3.2). All channels of a pixel count as one place in that order, unless `colours: g` parts them into g equal runs, before
    /// and after: at its own pixel a channel of run a then reads the runs before a, with `mask: B` also run a (section 3.4).
    pub struct Conv = "conv" [CHANNELS, K, STRIDE, PAD, DILATION, GROUPS, BIAS, Mask::PARAM, Runs::PARAM, init::PARAM, spectral::PARAM];
}

const CHANNELS: ParamSpec =
    ParamSpec { name: "channels", kind: ArgKind::Int(1), default: None, doc: "channels of the output" };
const STRIDE: ParamSpec = ParamSpec {
    name: "stride",
    kind: ArgKind::Pair(1),
    default: Some("1"),
    doc: "stride, one number or (rows, columns)",
};
const DILATION: ParamSpec = ParamSpec {
    name: "dilation",
    kind: ArgKind::Pair(1),
    default: Some("1"),
    doc: "distance between the pixels that the kernel reads",
};

impl Layer for Convolution {
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        vec![Convolution::lower(self, cx, x)]
    }
    fn reads(&self, _: Causality) -> Reads {
        Convolution::reads(self)
    }
}

impl LayerRow for Conv {
    fn size(&self) -> Option<&'static str> {
        Some(CHANNELS.name)
    }
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let [c_in, rows, columns] = need_image(args, input)?;
        let (k, stride, dilation) = (args.pair("k"), args.pair("stride"), args.pair("dilation"));
        let (c_out, groups, mask) = (args.int("channels"), args.int("groups"), Mask::of(args));
        let runs = Runs::of(args);
        check_groups(args, c_in, c_out, groups)?;
        runs.check_masked(args, mask, &input.shape, &[c_out])?;
        let padding = Padding::of(args)?;
        let pads = match padding {
            Padding::Same => [None, None],
            Padding::Fixed(p) => p.map(Some),
        };
        let down = axis(rows, k[0], stride[0], dilation[0], pads[0]);
        let across = axis(columns, k[1], stride[1], dilation[1], pads[1]);
        let (Some(down), Some(across)) = (down, across) else {
            return Err(too_small(args, [rows, columns], k, dilation, pads.map(|p| p.unwrap_or(0))));
        };
        let causality = match mask {
            Mask::None if k == [1, 1] && stride == [1, 1] && (down.out, across.out) == (rows, columns) => {
                Causality::Weak
            }
            Mask::None => Causality::Global,
            Mask::A | Mask::B => {
                check_mask(args, k, stride, padding)?;
                runs.causality(mask)
            }
        };
        let conv = Convolution {
            prefix: String::new(),
            c_in,
            c_out,
            k,
            stride,
            dilation,
            groups,
            axes: [down, across],
            bias: flag(args, BIAS.name),
            mask,
            runs,
            spectral: spectral::wanted(args),
        };
        let params = conv.params(init::from_args(args, conv.fan())?);
        Ok(Checked { params, causality, ..Checked::elementwise(EventTy::real(conv.out()), conv) })
    }
}

/// Masked kernels need a centre, and an output pixel for every input pixel.
fn check_mask(args: &Args, k: [usize; 2], stride: [usize; 2], padding: Padding) -> Result<(), Diag> {
    if k.iter().any(|k| k % 2 == 0) {
        let d =
            args.error("k", format!("a masked kernel of {} x {} has no centre", k[0], k[1]), "must be odd");
        return Err(d.help(format!("write `k: {}`", k[0] + 1)));
    }
    if stride != [1, 1] {
        let d = args.error(
            "stride",
            "a masked convolution must keep every pixel",
            format!("stride {} x {} skips pixels", stride[0], stride[1]),
        );
        return Err(d.help("leave `stride` at 1"));
    }
    match padding {
        Padding::Same => Ok(()),
        Padding::Fixed(_) => {
            let d = args.error(
                "pad",
                "a masked convolution must keep every pixel in its place",
                "must be `same`",
            );
            Err(d.help("leave `pad` out, or write `pad: same`"))
        }
    }
}
