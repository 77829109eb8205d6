//! The convolution that `conv`, `logits`, couplings and conditioning share, and the arithmetic of padding.

use super::linear::Mask;
use super::parts::per_channel;
use super::require::misfit;
use super::runs::Runs;
use super::{LowerCx, Reads, spectral};
use crate::diag::Diag;
use crate::ir::{ConvGeom, Ex, Scope};
use crate::rows::args::{ArgKind, Args, Const, ParamSpec};
use crate::rows::{Init, ParamDecl, init};

/// The `pad` argument.
pub const PAD: ParamSpec = ParamSpec {
    name: "pad",
    kind: ArgKind::Any,
    default: Some("same"),
    doc: "zeros around the image: `same` (output = input / stride, rounded up), `valid` (none), a number, or (rows, columns)",
};

/// The `k` argument.
pub const K: ParamSpec = ParamSpec {
    name: "k",
    kind: ArgKind::Pair(1),
    default: Some("3"),
    doc: "kernel size, one number or (rows, columns)",
};
/// The `groups` argument.
pub const GROUPS: ParamSpec = ParamSpec {
    name: "groups",
    kind: ArgKind::Int(1),
    default: Some("1"),
    doc: "channel groups that do not read each other",
};

/// How an image is padded, before kernel and size are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// So that the output is the input divided by the stride, rounded up.
    Same,
    /// This many zeros on both sides (rows, columns).
    Fixed([usize; 2]),
}

impl Padding {
    /// As written.
    ///
    /// # Errors
    /// E0205 for anything but `same`, `valid` and whole numbers.
    pub fn of(args: &Args) -> Result<Padding, Diag> {
        let wrong = |v: &Const| {
            let d = args.error(
                PAD.name,
                format!("`{v}` is no padding"),
                "neither a word it knows nor a number of zeros",
            );
            Err(d.help("write `pad: same`, `pad: valid`, `pad: 1` or `pad: (1, 2)`"))
        };
        let whole = |c: &Const| match c {
            Const::Int(i) => usize::try_from(*i).ok().filter(|p| *p <= 1 << 20),
            Const::Num(_)
            | Const::Word(_)
            | Const::Text(_)
            | Const::List(_)
            | Const::Call(_)
            | Const::Range(..)
            | Const::Quantity(..) => None,
        };
        match args.get(PAD.name) {
            None => Ok(Padding::Same),
            Some(Const::Word(w)) if w == "same" => Ok(Padding::Same),
            Some(Const::Word(w)) if w == "valid" => Ok(Padding::Fixed([0, 0])),
            Some(Const::List(l)) => match l.iter().map(whole).collect::<Option<Vec<_>>>().as_deref() {
                Some([a, b]) => Ok(Padding::Fixed([*a, *b])),
                Some(_) | None => wrong(&Const::List(l.clone())),
            },
            Some(v) => match whole(v) {
                Some(p) => Ok(Padding::Fixed([p, p])),
                None => wrong(v),
            },
        }
    }
}

/// One axis of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    /// Zeros before.
    pub before: usize,
    /// Zeros after.
    pub after: usize,
    /// Output size.
    pub out: usize,
}

/// Padding and output size of one axis: out = ⌊(size + before + after - dilation (k - 1) - 1) / stride⌋ + 1. `None` when the kernel does
/// not fit into the padded axis.
pub fn axis(size: usize, k: usize, stride: usize, dilation: usize, pad: Option<usize>) -> Option<Axis> {
    let reach = dilation.checked_mul(k.checked_sub(1)?)?.checked_add(1)?;
    let out =
        |before: usize, after: usize| Some((size + before + after).checked_sub(reach)? / stride.max(1) + 1);
    match pad {
        Some(p) => Some(Axis { before: p, after: p, out: out(p, p)? }),
        None => {
            let want = size.div_ceil(stride.max(1));
            let total = ((want.checked_sub(1)?) * stride + reach).saturating_sub(size);
            // Equal zeros on both sides where that gives the wanted size, one more at the end where it does not.
            let half = total.div_ceil(2);
            if out(half, half)? == want {
                return Some(Axis { before: half, after: half, out: want });
            }
            Some(Axis {
                before: total / 2,
                after: total - total / 2,
                out: out(total / 2, total - total / 2)?,
            })
        }
    }
}

/// A 2-D convolution with bias on `[B, c_in, H, W]`. The names of its tensors start with `prefix`.
#[derive(Clone, Debug, PartialEq)]
pub struct Convolution {
    /// Prefix of the parameter names, with its dot.
    pub prefix: String,
    /// Channels read.
    pub c_in: usize,
    /// Channels made.
    pub c_out: usize,
    /// Kernel (rows, columns).
    pub k: [usize; 2],
    /// Stride (rows, columns).
    pub stride: [usize; 2],
    /// Dilation (rows, columns).
    pub dilation: [usize; 2],
    /// Channel groups.
    pub groups: usize,
    /// Rows, then columns.
    pub axes: [Axis; 2],
    /// Whether b is added.
    pub bias: bool,
    /// Which pixels an output pixel reads, in raster order.
    pub mask: Mask,
    /// Into how many equal runs a mask parts the channels, before and after.
    pub runs: Runs,
    /// Whether the weight is divided by its largest singular value.
    pub spectral: bool,
}

impl Convolution {
    /// A convolution with stride 1 that keeps rows and columns; `k` must be odd.
    pub fn same(
        prefix: impl Into<String>,
        c_in: usize,
        c_out: usize,
        k: usize,
        rows: usize,
        columns: usize,
    ) -> Convolution {
        let axis = |out| Axis { before: k / 2, after: k / 2, out };
        Convolution {
            prefix: prefix.into(),
            c_in,
            c_out,
            k: [k, k],
            stride: [1, 1],
            dilation: [1, 1],
            groups: 1,
            axes: [axis(rows), axis(columns)],
            bias: true,
            mask: Mask::None,
            runs: Runs(1),
            spectral: false,
        }
    }
    /// Fans of the weight.
    pub fn fan(&self) -> init::Fan {
        let k = self.k[0].saturating_mul(self.k[1]);
        let groups = self.groups.max(1);
        let stride = self.stride[0].saturating_mul(self.stride[1]).max(1);
        let weights = |channels: usize| (channels / groups).saturating_mul(k);
        init::Fan { input: weights(self.c_in), output: weights(self.c_out).div_ceil(stride) }
    }
    fn weight_shape(&self) -> [usize; 4] {
        [self.c_out, self.c_in / self.groups.max(1), self.k[0], self.k[1]]
    }
    /// Its tensors; without `weights`, weight and bias start uniform on ±1/√fan_in.
    pub fn params(&self, weights: Option<Init>) -> Vec<ParamDecl> {
        let mut all = weight_and_bias(
            &self.prefix,
            &self.weight_shape(),
            self.bias.then_some(self.c_out),
            self.fan(),
            weights,
        );
        if self.spectral {
            all.push(spectral::state(&self.prefix, self.c_out));
        }
        all
    }
    /// Its tensors, all 0 at the start.
    pub fn zero_params(&self) -> Vec<ParamDecl> {
        self.params(Some(Init::ZEROS))
    }
    /// Shape of the output event.
    pub fn out(&self) -> [usize; 3] {
        [self.c_out, self.axes[0].out, self.axes[1].out]
    }
    /// `[B, c_in, H, W] -> [B, c_out, H', W']`
    pub fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Ex<'g> {
        let shape @ [out, others @ ..] = self.weight_shape();
        let mut w = cx.param(&format!("{}weight", self.prefix), &shape);
        if let Some(mask) = self.mask_kernel(cx.scope()) {
            w = w * mask;
        }
        if self.spectral {
            w = spectral::normalised(cx, &self.prefix, w, [out, others.iter().product()]);
        }
        // The op pads both sides alike.
        let uneven = self.axes.iter().enumerate().filter(|(_, a)| a.before != a.after);
        let x = uneven.fold(x, |x, (i, a)| x.pad(i + 2, a.before, a.after));
        let pad = self.axes.map(|a| if a.before == a.after { a.before } else { 0 });
        let geom = ConvGeom { stride: self.stride, pad, dilation: self.dilation, groups: self.groups };
        let y = x.conv2d(w, geom);
        if self.bias { biased(cx, &self.prefix, y, self.c_out) } else { y }
    }
    /// The same with `k` channels for each element: `[B, c_out / k, H', W', k]`.
    pub fn lower_each<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>, k: usize) -> Ex<'g> {
        let [c, h, w] = self.out();
        self.lower(cx, x).view(&[c / k.max(1), k, h, w]).permute(&[0, 1, 3, 4, 2])
    }
    /// The pixels around its own that an output reads.
    pub fn reads(&self) -> Reads {
        if self.stride != [1, 1] {
            return Reads::All;
        }
        let [rows, columns] = self.k;
        let centre = rows / 2 * columns + columns / 2;
        let read = |i: usize| match self.mask {
            Mask::None => true,
            Mask::A => i < centre || i == centre && self.runs.0 > 1,
            Mask::B => i <= centre,
        };
        let away = |axis: usize, at: usize| {
            let [dilation, before] =
                [self.dilation, self.axes.map(|a| a.before)].map(|v| if axis == 0 { v[0] } else { v[1] });
            (at * dilation) as isize - before as isize
        };
        let kernel = (0..rows * columns).filter(|i| read(*i));
        Reads::Offsets(kernel.map(|i| [away(0, i / columns.max(1)), away(1, i % columns.max(1))]).collect())
    }
    /// 1 at the kernel positions before the centre in raster order. At the centre an output channel reads the runs of channels before its
    /// own, for type B also its own (van den Oord et al. 2016, section 3.4).
    fn mask_kernel<'g>(&self, s: Scope<'g>) -> Option<Ex<'g>> {
        let [rows, columns] = self.k;
        let centre = rows / 2 * columns + columns / 2;
        let own = match self.mask {
            Mask::None => return None,
            Mask::A => false,
            Mask::B => true,
        };
        let kernel =
            |reads: bool| (0..rows * columns).map(move |i| f64::from(i < centre || i == centre && reads));
        let Runs(runs @ 2..) = self.runs else {
            return Some(s.literal(kernel(own).collect(), &[1, 1, rows, columns]));
        };
        let [out, group_in, ..] = self.weight_shape();
        let group_out = (out / self.groups.max(1)).max(1);
        let run = |channel: usize, of: usize| channel * runs / of.max(1);
        let kernels = (0..out).flat_map(|o| {
            let (to, first) = (run(o, out), o / group_out * group_in);
            (first..first + group_in).map(move |i| (run(i, self.c_in), to))
        });
        let mask = kernels.flat_map(|(from, to)| kernel(from < to || own && from == to)).collect();
        Some(s.literal(mask, &[out, group_in, rows, columns]))
    }
}

/// The tensors of a convolution or its transpose; without `weights`, both start uniform on ±1/√fan_in, else the bias at 0.
pub fn weight_and_bias(
    prefix: &str,
    shape: &[usize],
    bias: Option<usize>,
    fan: init::Fan,
    weights: Option<Init>,
) -> Vec<ParamDecl> {
    let bias_init = if weights.is_some() { Init::ZEROS } else { Init::lecun(fan.input) };
    let weights = weights.unwrap_or_else(|| Init::lecun(fan.input));
    let mut all = vec![ParamDecl::trained(format!("{prefix}weight"), shape, weights)];
    all.extend(bias.map(|n| ParamDecl::trained(format!("{prefix}bias"), &[n], bias_init)));
    all
}

/// y + b, one b for each of n channels.
pub fn biased<'g>(cx: LowerCx<'g, '_>, prefix: &str, y: Ex<'g>, n: usize) -> Ex<'g> {
    y + per_channel(cx.param(&format!("{prefix}bias"), &[n]), 4)
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

/// The error of a kernel that is larger than the padded image.
pub fn too_small(
    args: &Args,
    [rows, columns]: [usize; 2],
    k: [usize; 2],
    dilation: [usize; 2],
    pad: [usize; 2],
) -> Diag {
    let reach = [dilation[0] * k[0].saturating_sub(1) + 1, dilation[1] * k[1].saturating_sub(1) + 1];
    misfit(
        args,
        format!(
            "a kernel that spans {} x {} does not fit into an image of {rows} x {columns}",
            reach[0], reach[1]
        ),
        format!(
            "receives {rows} x {columns}, which is {} x {} with its padding",
            rows + 2 * pad[0],
            columns + 2 * pad[1]
        ),
    )
    .help("use a smaller `k` or `dilation`, more padding (`pad: same`), or fewer strides before it")
}
