//! `conv`: a 2-D convolution.

use super::super::args::{ArgKind, Args, ParamSpec};
use super::super::{Causality, ChainCx, Checked, LayerRow, Row, init};
use super::convolution::{Convolution, PAD, Padding, axis, too_small};
use super::dense::BIAS;
use super::linear::Mask;
use super::parts::{flag, need_image};
use super::spectral;
use crate::diag::Diag;
use crate::event::EventTy;
use crate::syntax::ast;

/// `conv(64, k: 3)`
pub struct Conv;

/// The `k` argument.
pub const K: ParamSpec = ParamSpec {
    name: "k",
    kind: ArgKind::Pair(1),
    default: Some("3"),
    doc: "kernel size, one number or (rows, columns)",
};
/// The `stride` argument.
pub const STRIDE: ParamSpec = ParamSpec {
    name: "stride",
    kind: ArgKind::Pair(1),
    default: Some("1"),
    doc: "stride, one number or (rows, columns)",
};
/// The `groups` argument.
pub const GROUPS: ParamSpec = ParamSpec {
    name: "groups",
    kind: ArgKind::Int(1),
    default: Some("1"),
    doc: "channel groups that do not read each other",
};

impl Row for Conv {
    fn name(&self) -> &'static str {
        "conv"
    }
    fn doc(&self) -> &'static str {
        "A 2-D convolution with bias: [C, H, W] -> [channels, H', W'], H' = ⌊(H + padding - dilation (k - 1) - 1) / stride⌋ + 1. With \
         `mask: A` an output pixel reads only pixels before it in raster order, with `mask: B` also its own (van den Oord et al. 2016, \
         section 3.2); all channels of a pixel count as one place in that order."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const PARAMS: &[ParamSpec] = &[
            ParamSpec {
                name: "channels",
                kind: ArgKind::Int(1),
                default: None,
                doc: "channels of the output",
            },
            K,
            STRIDE,
            PAD,
            ParamSpec {
                name: "dilation",
                kind: ArgKind::Pair(1),
                default: Some("1"),
                doc: "distance between the pixels that the kernel reads",
            },
            GROUPS,
            BIAS,
            Mask::PARAM,
            init::PARAM,
            spectral::PARAM,
        ];
        PARAMS
    }
}

/// The error of channels that do not divide into groups.
pub fn check_groups(args: &Args, c_in: usize, c_out: usize, groups: usize) -> Result<(), Diag> {
    if groups > 0 && c_in.is_multiple_of(groups) && c_out.is_multiple_of(groups) {
        return Ok(());
    }
    let d = args.error(
        "groups",
        format!("{groups} groups do not divide {c_in} channels into {c_out}"),
        "must divide both numbers of channels",
    );
    Err(d.help("choose `groups` that divides the channels before and after"))
}

impl LayerRow for Conv {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<Checked, Diag> {
        let [c_in, rows, columns] = need_image(args, input)?;
        let (k, stride, dilation) = (args.pair("k"), args.pair("stride"), args.pair("dilation"));
        let (c_out, groups, mask) = (args.int("channels"), args.int("groups"), Mask::of(args));
        check_groups(args, c_in, c_out, groups)?;
        let padding = Padding::of(args)?;
        let pads = match padding {
            Padding::Same => [None, None],
            Padding::Fixed(p) => p.map(Some),
        };
        let sized = |i: usize, size: usize| axis(size, k[i], stride[i], dilation[i], pads[i]);
        let (Some(down), Some(across)) = (sized(0, rows), sized(1, columns)) else {
            return Err(too_small(args, [rows, columns], k, dilation, pads.map(|p| p.unwrap_or(0))));
        };
        let causality = match mask {
            Mask::None if k == [1, 1] && stride == [1, 1] && (down.out, across.out) == (rows, columns) => {
                Causality::Weak
            }
            Mask::None => Causality::Global,
            Mask::A | Mask::B => {
                check_mask(args, k, stride, padding)?;
                mask.causality()
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
            bias: flag(args, "bias"),
            mask,
            spectral: spectral::wanted(args),
        };
        let params = conv.params(init::from_args(args, conv.fan())?);
        let whole = Checked::elementwise(EventTy::real(conv.out()), move |cx, env, x| conv.lower(cx, env, x));
        Ok(Checked { params, causality, ..whole })
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
