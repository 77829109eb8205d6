//! The affine map of vectors that `dense`, `heads`, `logits`, couplings and conditioning share, with its causal masks.

use super::{LowerCx, spectral};
use crate::diag::Diag;
use crate::ir::{DType, Ex, Scope, Shape};
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{Causality, Init, ParamDecl, Reads, init};

/// The `bias` argument of layers with weights.
pub const BIAS: ParamSpec = ParamSpec {
    name: "bias",
    kind: ArgKind::Word(&["true", "false"]),
    default: Some("true"),
    doc: "whether a bias is added",
};

/// Which inputs an output may read, by position in the order of an autoregressive site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mask {
    /// All.
    None,
    /// Earlier positions only (type A of van den Oord et al. 2016).
    A,
    /// Earlier positions and its own (type B).
    B,
}

impl Mask {
    /// The `mask` argument.
    pub const PARAM: ParamSpec = ParamSpec {
        name: "mask",
        kind: ArgKind::Word(&["none", "A", "B"]),
        default: Some("none"),
        doc: "`A`: each output reads earlier positions only; `B`: also its own; `none`: all",
    };
    /// As written.
    pub fn of(args: &Args) -> Mask {
        match args.word(Mask::PARAM.name) {
            "A" => Mask::A,
            "B" => Mask::B,
            _ => Mask::None,
        }
    }
    /// The places that a layer with this mask reads, which reads all that it may.
    pub fn reads(self) -> Reads {
        match self {
            Mask::None => Reads::All,
            Mask::A => Reads::Earlier(false),
            Mask::B => Reads::Earlier(true),
        }
    }
    /// What a layer with this mask says about the order.
    pub fn causality(self) -> Causality {
        match self {
            Mask::None => Causality::Global,
            Mask::A => Causality::Strict,
            Mask::B => Causality::Weak,
        }
    }
}

/// x W + b on the last axis, `W: [n_in, n_out]`. The names of its tensors start with `prefix`.
///
/// With a mask, unit u of n stands at the position u/n of the order (Germain et al. 2015 assign degrees freely; these are evenly
/// spread). Output o reads input j when j/n_in < o/n_out (A) or j/n_in <= o/n_out (B) (`group` outputs share one o), so that masked
/// layers compose whatever their widths: A once and B otherwise makes the whole strictly causal.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// Prefix of the parameter names, with its dot: `` or `head0.`.
    pub prefix: String,
    /// Coordinates read.
    pub n_in: usize,
    /// Coordinates made.
    pub n_out: usize,
    /// Whether b is added.
    pub bias: bool,
    /// Which inputs an output reads.
    pub mask: Mask,
    /// This many outputs, one after the other, stand at one place of the order (with a mask).
    pub group: usize,
    /// Whether W is divided by its largest singular value.
    pub spectral: bool,
}

impl Linear {
    /// An unmasked map with bias.
    pub fn plain(prefix: impl Into<String>, n_in: usize, n_out: usize) -> Linear {
        Linear { prefix: prefix.into(), n_in, n_out, bias: true, mask: Mask::None, group: 1, spectral: false }
    }
    /// Its tensors; without `weights`, weight and bias start uniform on ±1/√n_in.
    pub fn params(&self, weights: Option<Init>) -> Vec<ParamDecl> {
        let bias = if weights.is_some() { Init::ZEROS } else { Init::lecun(self.n_in) };
        let weights = weights.unwrap_or_else(|| Init::lecun(self.n_in));
        let mut all = vec![ParamDecl::trained(self.name("weight"), &[self.n_in, self.n_out], weights)];
        if self.bias {
            all.push(ParamDecl::trained(self.name("bias"), &[self.n_out], bias));
        }
        if self.spectral {
            all.push(spectral::state(&self.prefix, self.n_in));
        }
        all
    }
    /// Its tensors with the initial weights of the `init` argument.
    ///
    /// # Errors
    /// E0205 for an unknown initial value.
    pub fn params_from(&self, args: &Args) -> Result<Vec<ParamDecl>, Diag> {
        let fan = init::Fan { input: self.n_in, output: self.n_out };
        Ok(self.params(init::from_args(args, fan)?))
    }
    /// Its tensors, all 0 at the start.
    pub fn zero_params(&self) -> Vec<ParamDecl> {
        self.params(Some(Init::ZEROS))
    }
    /// `[B, n_in] -> [B, n_out]`
    pub fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Ex<'g> {
        let y = x.matmul(self.weight(cx));
        self.bias(cx).map_or(y, |b| y + b.lift(2))
    }
    fn bias<'g>(&self, cx: LowerCx<'g, '_>) -> Option<Ex<'g>> {
        self.bias.then(|| cx.param(&self.name("bias"), &[self.n_out]))
    }
    /// The weight as it is used: masked and normalised.
    fn weight<'g>(&self, cx: LowerCx<'g, '_>) -> Ex<'g> {
        let dims = [self.n_in, self.n_out];
        let mut w = cx.param(&self.name("weight"), &dims);
        if let Some(mask) = self.mask_matrix(cx.scope()) {
            w = w * mask;
        }
        if self.spectral {
            w = spectral::normalised(cx, &self.prefix, w, dims);
        }
        w
    }
    /// The same at each place of a sequence: `[B, T, n_in] -> [B, T, n_out]`.
    pub fn lower_each<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Ex<'g> {
        // The places keep an axis of their own, so that a sampler can tell them apart.
        let y = x.matmul(self.weight(cx).lift(3));
        self.bias(cx).map_or(y, |b| y + b.lift(3))
    }
    fn name(&self, tensor: &str) -> String {
        format!("{}{tensor}", self.prefix)
    }
    /// 1 where the output may read the input, `[n_in, n_out]`.
    fn mask_matrix<'g>(&self, s: Scope<'g>) -> Option<Ex<'g>> {
        // j/n_in < o/places in whole numbers; the common divisor keeps the products small enough to be exact in f32.
        let group = self.group.max(1);
        let places = self.n_out / group;
        let d = gcd(self.n_in, places).max(1);
        let place = |dims: [usize; 2]| s.iota(&Shape::fixed(&dims), 0).cast(DType::F);
        let sides = || {
            let j = place([self.n_in, 1]) * (places / d) as f64;
            let o = place([places, group]) * (self.n_in / d) as f64;
            (j, o.reshape(Shape::fixed(&[1, self.n_out])))
        };
        match self.mask {
            Mask::None => None,
            Mask::A => Some(sides()).map(|(j, o)| j.lt(o).cast(DType::F)),
            Mask::B => Some(sides()).map(|(j, o)| j.le(o).cast(DType::F)),
        }
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}
