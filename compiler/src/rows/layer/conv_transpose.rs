//! `conv_transpose`: the transpose of a convolution, which enlarges.

use super::convolution::{GROUPS, K, PAD, Padding, biased, check_groups, weight_and_bias};
use super::linear::BIAS;
use super::require::{flag, misfit, need_image};
use super::{Block, ChainCx, Checked, Layer, LayerRow, LowerCx, spectral};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::{ConvGeom, Ex};
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::init;

row! {
    /// The transpose of a convolution: [C, H, W] -> [channels, H', W'], H' = (H - 1) stride - 2 pad + k + out_pad. `pad: same` makes
    /// H' = H stride (`k: 4, stride: 2` doubles, as in DCGAN). The weight is stored as [C, channels / groups, k, k].
    pub struct ConvTranspose = "conv_transpose"
        [CHANNELS, ParamSpec { default: Some("4"), ..K }, STRIDE, CUT, OUT_PAD, GROUPS, BIAS, init::PARAM, spectral::PARAM];
}

const CHANNELS: ParamSpec =
    ParamSpec { name: "channels", kind: ArgKind::Int(1), default: None, doc: "channels of the output" };
const STRIDE: ParamSpec = ParamSpec {
    name: "stride",
    kind: ArgKind::Pair(1),
    default: Some("2"),
    doc: "enlargement, one number or (rows, columns)",
};
const CUT: ParamSpec = ParamSpec {
    doc: "cut off around the result: `same` (output = input x stride), `valid` (nothing), a number, or (rows, columns)",
    ..PAD
};
const OUT_PAD: ParamSpec = ParamSpec {
    name: "out_pad",
    kind: ArgKind::Pair(0),
    default: Some(""),
    doc: "further rows and columns at the end, below the stride",
};

#[derive(Debug, PartialEq)]
struct Transposed {
    shape: [usize; 4],
    geom: ConvGeom,
    out_pad: [usize; 2],
    /// The channels that a bias is added to.
    bias: Option<usize>,
    spectral: bool,
}

/// Cut-off, further rows at the end, and output size of one axis.
fn axis(
    args: &Args,
    size: usize,
    k: usize,
    stride: usize,
    pad: Option<usize>,
    extra: Option<usize>,
) -> Result<[usize; 3], Diag> {
    let (pad, extra) = match (pad, extra) {
        (Some(p), e) => (p, e.unwrap_or(0)),
        // (size - 1) stride - 2 pad + k + extra = size stride
        (None, None) if k >= stride => ((k - stride).div_ceil(2), (k - stride) % 2),
        (None, None) => (0, stride - k),
        (None, Some(e)) => ((k + e).saturating_sub(stride) / 2, e),
    };
    if extra >= stride && extra > 0 {
        let d = args.error(
            "out_pad",
            format!("`out_pad` {extra} must be smaller than the stride {stride}"),
            "too large",
        );
        return Err(d.help("leave it out, or make it smaller"));
    }
    match ((size.saturating_sub(1)) * stride + k + extra).checked_sub(2 * pad) {
        Some(out) if out > 0 => Ok([pad, extra, out]),
        Some(_) | None => {
            let whole = (size.saturating_sub(1)) * stride + k + extra;
            let d = misfit(
                args,
                format!("padding of {pad} on both sides leaves nothing of {whole} rows or columns"),
                format!("receives {size} rows or columns: ({size} - 1) x {stride} + {k} + {extra} = {whole}"),
            );
            Err(d.help("use a smaller `pad`, or `pad: same`"))
        }
    }
}

impl LayerRow for ConvTranspose {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let [c_in, rows, columns] = need_image(args, input)?;
        let (k, stride, c_out, groups) =
            (args.pair("k"), args.pair("stride"), args.int("channels"), args.int("groups"));
        check_groups(args, c_in, c_out, groups)?;
        let pads = match Padding::of(args)? {
            Padding::Same => [None, None],
            Padding::Fixed(p) => p.map(Some),
        };
        let extra = args.get("out_pad").map(|_| args.pair("out_pad"));
        let down = axis(args, rows, k[0], stride[0], pads[0], extra.map(|e| e[0]))?;
        let across = axis(args, columns, k[1], stride[1], pads[1], extra.map(|e| e[1]))?;
        let shape = [c_in, c_out / groups.max(1), k[0], k[1]];
        // An output element reads one in stride of the kernel's rows and columns.
        let weights = |channels: usize| channels.saturating_mul(k[0]).saturating_mul(k[1]);
        let reads = weights(c_in / groups.max(1)).div_ceil(stride[0].saturating_mul(stride[1]).max(1));
        let fan = init::Fan { input: reads, output: weights(shape[1]) };
        let bias = flag(args, BIAS.name).then_some(c_out);
        let layer = Transposed {
            shape,
            geom: ConvGeom { stride, pad: [down[0], across[0]], dilation: [1, 1], groups },
            out_pad: [down[1], across[1]],
            bias,
            spectral: spectral::wanted(args),
        };
        let mut params = weight_and_bias("", &shape, bias, fan, init::from_args(args, fan)?);
        if layer.spectral {
            params.push(spectral::state("", c_in));
        }
        Ok(Checked::global(EventTy::real([c_out, down[2], across[2]]), params, layer))
    }
}

impl Layer for Transposed {
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let [c_in, others @ ..] = self.shape;
        let mut w = cx.param("weight", &self.shape);
        if self.spectral {
            w = spectral::normalised(cx, "", w, [c_in, others.iter().product()]);
        }
        let y = x.conv_transpose2d(w, self.geom, self.out_pad);
        vec![self.bias.map_or(y, |n| biased(cx, "", y, n))]
    }
}
