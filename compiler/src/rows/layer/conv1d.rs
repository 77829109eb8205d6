//! `conv1d`: a convolution over the places of a sequence.

use super::convolution::weight_and_bias;
use super::linear::{BIAS, Mask};
use super::require::{flag, need_sequence};
use super::{Block, Causality, ChainCx, Checked, Layer, LayerRow, LowerCx, Reads};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::{ConvGeom, Ex};
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::init;

row! {
    /// A convolution over the places of a sequence that keeps their number: [T, d] -> [T, channels]. With `mask: B` a place reads itself and
    /// the k - 1 places at distances dilation, 2 dilation, .. before it (a causal convolution, van den Oord et al. 2016c, section 2.1), with
    /// `mask: A` the same of the place before it; without a mask it reads as far to both sides. The weight is stored as [channels, d, k].
    pub struct Conv1d = "conv1d" [CHANNELS, K, DILATION, BIAS, Mask::PARAM, init::PARAM];
}

const CHANNELS: ParamSpec = ParamSpec {
    name: "channels",
    kind: ArgKind::Int(1),
    default: None,
    doc: "numbers of the output at each place",
};
const K: ParamSpec = ParamSpec {
    name: "k",
    kind: ArgKind::Whole(1, 4096),
    default: Some("3"),
    doc: "places that the kernel reads",
};
const DILATION: ParamSpec = ParamSpec {
    name: "dilation",
    kind: ArgKind::Whole(1, 1 << 20),
    default: Some("1"),
    doc: "distance between the places that the kernel reads",
};

#[derive(Debug, PartialEq)]
struct OverTime {
    /// channels, features read, kernel
    weight: [usize; 3],
    dilation: usize,
    /// Zeros before and after.
    pad: [usize; 2],
    length: usize,
    bias: bool,
}

impl LayerRow for Conv1d {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let [length, d] = need_sequence(args, input)?;
        let (channels, k, dilation, mask) =
            (args.int(CHANNELS.name), args.int(K.name), args.int(DILATION.name), Mask::of(args));
        let reach = dilation * k.saturating_sub(1);
        let pad = match mask {
            Mask::None => [reach / 2, reach - reach / 2],
            Mask::B => [reach, 0],
            Mask::A => [reach + 1, 0],
        };
        let layer = OverTime { weight: [channels, d, k], dilation, pad, length, bias: flag(args, BIAS.name) };
        let fan = init::Fan { input: d.saturating_mul(k), output: channels.saturating_mul(k) };
        let bias = layer.bias.then_some(channels);
        let params = weight_and_bias("", &layer.weight, bias, fan, init::from_args(args, fan)?);
        let causality = mask.causality();
        Ok(Checked { params, causality, ..Checked::elementwise(EventTy::real([length, channels]), layer) })
    }
}

impl Layer for OverTime {
    fn reads(&self, said: Causality) -> Reads {
        if said == Causality::Global {
            return Reads::All;
        }
        let nearest = usize::from(said == Causality::Strict);
        Reads::Back((0..self.weight[2]).map(|i| nearest + i * self.dilation).collect())
    }
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let [channels, d, k] = self.weight;
        let w = cx.param("weight", &self.weight).view(&[d, 1, k]);
        let x = x.transpose().view(&[d, 1, self.length]).pad(3, self.pad[0], self.pad[1]);
        let geom = ConvGeom { stride: [1, 1], pad: [0, 0], dilation: [1, self.dilation], groups: 1 };
        // A kernel that ends before its own place makes one result too many, behind the last place.
        let y = x.conv2d(w, geom).slice(3, 0, self.length).view(&[channels, self.length]).transpose();
        vec![if self.bias { y + cx.param("bias", &[channels]).lift(3) } else { y }]
    }
}
