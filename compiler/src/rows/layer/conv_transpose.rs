//! `conv_transpose`: the transpose of a convolution, which enlarges.

use super::super::args::{ArgKind, Args, ParamSpec};
use super::super::{ChainCx, Checked, LayerRow, ParamDecl, Row, init};
use super::conv::{GROUPS, K, check_groups};
use super::convolution::{PAD, Padding};
use super::dense::BIAS;
use super::parts::{flag, misfit, need_image, per_channel};
use super::spectral;
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::{ConvGeom, ConvTranspose2d, Op};
use crate::syntax::ast;

/// `conv_transpose(64, k: 4, stride: 2)`
pub struct ConvTranspose;

impl Row for ConvTranspose {
    fn name(&self) -> &'static str {
        "conv_transpose"
    }
    fn doc(&self) -> &'static str {
        "The transpose of a convolution: [C, H, W] -> [channels, H', W'], H' = (H - 1) stride - 2 pad + k + out_pad. `pad: same` makes \
         H' = H stride (`k: 4, stride: 2` doubles, as in DCGAN). The weight is stored as [C, channels / groups, k, k]."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const PARAMS: &[ParamSpec] = &[
            ParamSpec {
                name: "channels",
                kind: ArgKind::Int(1),
                default: None,
                doc: "channels of the output",
            },
            ParamSpec { default: Some("4"), ..K },
            ParamSpec {
                name: "stride",
                kind: ArgKind::Pair(1),
                default: Some("2"),
                doc: "enlargement, one number or (rows, columns)",
            },
            ParamSpec {
                doc: "cut off around the result: `same` (output = input x stride), `valid` (nothing), a number, or (rows, columns)",
                ..PAD
            },
            ParamSpec {
                name: "out_pad",
                kind: ArgKind::Pair(0),
                default: Some(""),
                doc: "further rows and columns at the end, below the stride",
            },
            GROUPS,
            BIAS,
            init::PARAM,
            spectral::PARAM,
        ];
        PARAMS
    }
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
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<Checked, Diag> {
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
        let reads = (c_in / groups.max(1) * k[0] * k[1]).div_ceil((stride[0] * stride[1]).max(1));
        let fan = init::Fan { input: reads, output: shape[1] * k[0] * k[1] };
        let written = init::from_args(args, fan)?;
        let bias_init = if written.is_some() { init::zeros() } else { init::lecun_uniform(fan.input) };
        let weight_init = written.unwrap_or_else(|| init::lecun_uniform(fan.input));
        let (bias, normed) = (flag(args, "bias"), spectral::wanted(args));
        let mut params = vec![ParamDecl {
            name: "weight".into(),
            shape: shape.to_vec(),
            init: weight_init,
            trainable: true,
        }];
        if bias {
            params.push(ParamDecl {
                name: "bias".into(),
                shape: vec![c_out],
                init: bias_init,
                trainable: true,
            });
        }
        if normed {
            params.push(spectral::state("", c_in));
        }
        let op = ConvTranspose2d {
            geom: ConvGeom { stride, pad: [down[0], across[0]], dilation: [1, 1], groups },
            out_pad: [down[1], across[1]],
        };
        let out = EventTy::real([c_out, down[2], across[2]]);
        Ok(Checked::global(out, params, move |cx, env, x| {
            let mut w = cx.param(env, "weight", &shape);
            if normed {
                w = spectral::lower(cx, env, "", w, [shape[0], shape[1] * shape[2] * shape[3]]);
            }
            let y = cx.push(Op::ConvTranspose2d(op), &[x, w]);
            if !bias {
                return y;
            }
            let b = cx.param(env, "bias", &[c_out]);
            let b = per_channel(cx, b, 4);
            cx.add(y, b)
        }))
    }
}
