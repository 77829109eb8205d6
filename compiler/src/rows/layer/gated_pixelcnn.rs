//! `gated_pixelcnn`: gated masked convolutions in two stacks, which together read every earlier pixel.

use super::conditioning::{INPUTS, Projection};
use super::convolution::{Axis, Convolution};
use super::linear::Mask;
use super::require::need_image;
use super::runs::Runs;
use super::{Block, Causality, ChainCx, Checked, Layer, LayerRow, LowerCx, Reads};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::Ex;
use crate::rows::ParamDecl;
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// The gated PixelCNN (van den Oord et al. 2016b, figure 2): [C, H, W] -> [channels, H, W], of which a pixel reads earlier ones only. In each
    /// of its layers a vertical stack reads the rows above in full width and a horizontal one the pixels to the left, to which the
    /// vertical one is added, so that no earlier pixel within reach stays unread. Each is gated, tanh(a) · sigmoid(b), and the horizontal
    /// one is residual behind the first layer. The further inputs in `inputs` are projected into every gate. With `colours: 3` the channels of
    /// a pixel are ordered, as by `conv`. Follow with `relu, conv(.., k: 1)` and `logits` or `heads`.
    pub struct GatedPixelcnn = "gated_pixelcnn" [CHANNELS, LAYERS, K, GIVEN, Runs::PARAM];
}

const CHANNELS: ParamSpec =
    ParamSpec { name: "channels", kind: ArgKind::Int(1), default: None, doc: "channels of each stack" };
const LAYERS: ParamSpec =
    ParamSpec { name: "layers", kind: ArgKind::Whole(1, 256), default: None, doc: "how many layers" };
const K: ParamSpec = ParamSpec {
    name: "k",
    kind: ArgKind::Int(3),
    default: Some("3"),
    doc: "size of the kernel, an odd number: a layer reaches (k - 1) / 2 pixels to each side",
};
const GIVEN: ParamSpec = ParamSpec {
    default: Some(""),
    doc: "further inputs that are projected into the gates: `inputs: y` or `inputs: (y, z)`",
    ..INPUTS
};

/// One layer of both stacks.
#[derive(Debug, PartialEq)]
struct Step {
    /// Reads rows above, behind the first layer also its own.
    vertical: Convolution,
    /// From the vertical features, before their gate, to the horizontal ones.
    across: Convolution,
    /// Reads pixels to the left, behind the first layer also its own.
    horizontal: Convolution,
    /// Behind the gate of the horizontal features.
    out: Convolution,
    /// What further inputs add to the vertical features, which nothing reads behind the last layer.
    above: Option<Projection>,
    /// What they add to the horizontal features.
    left: Option<Projection>,
}

#[derive(Debug, PartialEq)]
struct Stacks {
    steps: Vec<Step>,
    runs: Runs,
    image: [usize; 3],
}

impl LayerRow for GatedPixelcnn {
    fn check(&self, cx: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let [c, h, w] = need_image(args, input)?;
        let (p, k, runs) = (args.int(CHANNELS.name), args.int(K.name), Runs::of(args));
        if k % 2 == 0 {
            let d = args.error(K.name, format!("a kernel of {k} x {k} has no centre"), "must be odd");
            return Err(d.help(format!("write `k: {}`", k + 1)));
        }
        runs.check(args, &input.shape, &[p])?;
        let told = args.get(GIVEN.name).is_some();
        let mut steps = Vec::new();
        let layers = args.int(LAYERS.name);
        for i in 0..layers {
            let read = if i == 0 { c } else { p };
            let mut step = Step::new(i, [read, p], k, [h, w], runs);
            if told {
                let to = EventTy::real([p, h, w]);
                let project = |name: &str| Projection::check(cx, args, &format!("{i}.{name}."), &to, 2 * p);
                step.left = Some(project("horizontal")?);
                step.above = if i + 1 < layers { Some(project("vertical")?) } else { None };
            }
            steps.push(step);
        }
        let params = steps.iter().flat_map(Step::params).collect();
        let given = steps.first().and_then(|s| s.left.as_ref()).map(Projection::given).unwrap_or_default();
        let causality = runs.causality(Mask::A);
        let layer = Stacks { steps, runs, image: [p, h, w] };
        Ok(Checked { params, given, causality, ..Checked::elementwise(EventTy::real([p, h, w]), layer) })
    }
}

impl Step {
    /// Layer `i`, from `read` to `p` channels.
    fn new(i: usize, [read, p]: [usize; 2], k: usize, [h, w]: [usize; 2], runs: Runs) -> Step {
        let (first, half) = (i == 0, k / 2);
        let square = |name: &str, from, to| Convolution::same(format!("{i}.{name}."), from, to, 1, h, w);
        let wide = Axis { before: half, after: half, out: w };
        // Rows up to the one above, of which the last one made is beyond the image; or up to the own one.
        let (rows, down) = if first { (half, h + 1) } else { (half + 1, h) };
        let vertical = Convolution {
            k: [rows, k],
            axes: [Axis { before: half, after: 0, out: down }, wide],
            ..square("vertical", read, 2 * p)
        };
        let horizontal = Convolution {
            k: [1, k],
            axes: [Axis { before: 0, after: 0, out: h }, wide],
            mask: if first { Mask::A } else { Mask::B },
            runs,
            ..square("horizontal", read, 2 * p)
        };
        let out = Convolution { mask: Mask::B, runs, ..square("out", p, p) };
        Step { vertical, across: square("across", 2 * p, 2 * p), horizontal, out, above: None, left: None }
    }
    fn params(&self) -> Vec<ParamDecl> {
        let convolutions = [&self.vertical, &self.across, &self.horizontal, &self.out];
        let told = self.above.iter().chain(&self.left).flat_map(|p| p.params(false));
        convolutions.into_iter().flat_map(|c| c.params(None)).chain(told).collect()
    }
}

impl Stacks {
    /// tanh(a) · sigmoid(b), every run of channels halved for itself.
    fn gated<'g>(&self, x: Ex<'g>, runs: usize) -> Ex<'g> {
        let [p, h, w] = self.image;
        let x = x.view(&[runs, 2, p / runs.max(1), h, w]);
        let half = |i| x.slice(2, i, 1).view(&self.image);
        half(0).tanh() * half(1).sigmoid()
    }
}

impl Layer for Stacks {
    fn reads(&self, _: Causality) -> Reads {
        // What the horizontal stack has read up to a layer: of its own, and by the vertical one from its start.
        let mut h = Reads::Own;
        let mut above = Vec::new();
        for step in &self.steps {
            above.push(step.vertical.reads());
            let left = Reads::Steps(vec![h.clone(), step.horizontal.reads()]);
            h = Reads::Either(vec![left, Reads::Steps(above.clone())]);
        }
        h
    }
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let [_, rows, _] = self.image;
        let (mut v, mut h) = (x, x);
        for (i, step) in self.steps.iter().enumerate() {
            let mut above = step.vertical.lower(cx, v);
            if i == 0 {
                above = above.slice(2, 0, rows);
            }
            let mut left = step.horizontal.lower(cx, h) + step.across.lower(cx, above);
            let told =
                |p: &Option<Projection>, x: Ex<'g>| p.as_ref().and_then(|p| p.lower(cx)).map_or(x, |t| x + t);
            above = told(&step.above, above);
            left = told(&step.left, left);
            v = self.gated(above, 1);
            let read = step.out.lower(cx, self.gated(left, self.runs.0));
            h = if i == 0 { read } else { h + read };
        }
        vec![h]
    }
}
