//! The affine map of vectors that `dense`, `heads`, `logits`, couplings and conditioning share, with its causal masks.

use super::super::args::{ArgKind, Args, ParamSpec};
use super::super::{Builder, Causality, Env, Init, ParamDecl, init};
use super::spectral;
use crate::diag::Diag;
use crate::ir::{Compare, DType, Graph, Shape, Value};

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
/// spread). Output o reads input j when j/n_in < o/n_out (A) or j/n_in <= o/n_out (B) (`group` outputs share one o), so that masked layers compose
/// whatever their widths: A once and B otherwise makes the whole strictly causal.
#[derive(Clone, Debug)]
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
    /// Fans of the weight.
    pub fn fan(&self) -> init::Fan {
        init::Fan { input: self.n_in, output: self.n_out }
    }
    /// Its tensors; without `weights`, weight and bias start uniform on ±1/√n_in.
    pub fn params(&self, weights: Option<Init>) -> Vec<ParamDecl> {
        let bias = if weights.is_some() { init::zeros() } else { init::lecun_uniform(self.n_in) };
        let weights = weights.unwrap_or_else(|| init::lecun_uniform(self.n_in));
        let mut all = vec![self.decl("weight", vec![self.n_in, self.n_out], weights)];
        if self.bias {
            all.push(self.decl("bias", vec![self.n_out], bias));
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
        Ok(self.params(init::from_args(args, self.fan())?))
    }
    /// Its tensors, all 0 at the start.
    pub fn zero_params(&self) -> Vec<ParamDecl> {
        self.params(Some(init::zeros()))
    }
    /// `[B, n_in] -> [B, n_out]`
    pub fn lower(&self, cx: &mut Builder, env: &Env, x: Value) -> Value {
        let mut w = cx.param(env, &format!("{}weight", self.prefix), &[self.n_in, self.n_out]);
        if let Some(m) = self.mask_matrix(&mut cx.g) {
            w = cx.mul(w, m);
        }
        if self.spectral {
            w = spectral::lower(cx, env, &self.prefix, w, [self.n_in, self.n_out]);
        }
        let y = cx.matmul(x, w);
        if !self.bias {
            return y;
        }
        let b = cx.param(env, &format!("{}bias", self.prefix), &[self.n_out]);
        let b = cx.lift(b, 2);
        cx.add(y, b)
    }
    fn decl(&self, name: &str, shape: Vec<usize>, init: Init) -> ParamDecl {
        ParamDecl { name: format!("{}{name}", self.prefix), shape, init, trainable: true }
    }
    /// 1 where the output may read the input, `[n_in, n_out]`.
    fn mask_matrix(&self, g: &mut Graph) -> Option<Value> {
        let relation = match self.mask {
            Mask::None => return None,
            Mask::A => Compare::Lt,
            Mask::B => Compare::Le,
        };
        // j/n_in < o/places in whole numbers; the common divisor keeps the products small enough to be exact in f32.
        let group = self.group.max(1);
        let places = self.n_out / group;
        let d = gcd(self.n_in, places).max(1);
        let j = place(g, [self.n_in, 1], places / d);
        let j = g.reshape(j, Shape::fixed(&[self.n_in, 1]));
        let o = place(g, [places, group], self.n_in / d);
        let o = g.reshape(o, Shape::fixed(&[1, self.n_out]));
        let m = g.compare(relation, j, o);
        Some(g.cast(m, DType::F))
    }
}

/// `times` the row number, for every element of a matrix.
fn place(g: &mut Graph, dims: [usize; 2], times: usize) -> Value {
    let i = g.iota(Shape::fixed(&dims), 0);
    let i = g.cast(i, DType::F);
    g.mul_c(i, times as f64)
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}
