//! Layers of nets, one file each. The files that hold no row (`parts`, `linear`, `convolution`, `spectral`, `affine`, `pool`,
//! `conditioning`) hold what several rows share.

pub mod affine;
pub mod conditioning;
pub mod convolution;
pub mod linear;
pub mod parts;
pub mod pool;
pub mod spectral;

mod attention;
mod avg_pool;
mod batch_norm;
mod bias_from;
mod conv;
mod conv_transpose;
pub mod dense;
mod dropout;
mod embed;
mod film;
mod flatten;
mod global_pool;
mod group_norm;
mod heads;
mod instance_norm;
pub mod join;
mod layer_norm;
mod logits;
mod max_pool;
mod minibatch_stddev;
mod pixel_norm;
mod reflect_pad;
mod rescale;
pub mod reshape;
mod residual;
mod scalar;
mod up;

use super::FlowChain;
use super::args::Args;
use super::{Builder, Env, ParamDecl, Row};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::Value;
use crate::span::Span;
use crate::syntax::ast;
use std::rc::Rc;
/// Every layer.
pub const ROWS: &[&dyn LayerRow] = &[
    &dense::Dense,
    &heads::Heads,
    &logits::Logits,
    &embed::Embed,
    &flatten::Flatten,
    &reshape::Reshape,
    &scalar::Scalar,
    &rescale::Rescale,
    &conv::Conv,
    &conv_transpose::ConvTranspose,
    &up::Up,
    &avg_pool::AvgPool,
    &max_pool::MaxPool,
    &global_pool::GlobalPool,
    &reflect_pad::ReflectPad,
    &attention::Attention,
    &residual::Residual,
    &dropout::Dropout,
    &batch_norm::BatchNorm,
    &layer_norm::LayerNorm,
    &group_norm::GroupNorm,
    &instance_norm::InstanceNorm,
    &pixel_norm::PixelNorm,
    &minibatch_stddev::MinibatchStddev,
    &bias_from::BiasFrom,
    &film::Film,
    &join::Join,
];

/// What the checker offers to rows that contain layers themselves (`residual { .. }`, `couple(..) { .. }`).
pub trait ChainCx {
    /// Checks a block of layers on an input of this type.
    fn chain(&mut self, block: &[ast::Layer], input: &EventTy) -> Result<Chain, Diag>;
    /// Checks a block of bijections on an input of this type (for containers such as `split`).
    fn flow_chain(&mut self, block: &[ast::Layer], input: &EventTy) -> Result<FlowChain, Diag>;
    /// Names and types of the further inputs of the net, or the `given` values of the flow.
    fn given(&self) -> &[(String, EventTy)];
}

/// A checked block of layers.
#[derive(Clone)]
pub struct Chain {
    /// Input type.
    pub input: EventTy,
    /// Output types (several only when the last layer is `heads`).
    pub out: Vec<EventTy>,
    /// The layers, each with the last part of its path.
    pub layers: Vec<ChainLayer>,
}

/// One layer of a [`Chain`].
#[derive(Clone)]
pub struct ChainLayer {
    /// Last part of its path: `0`, or `1.0` for the first layer of the second round of a `repeat`.
    pub path: String,
    /// As written: `dense(256)`.
    pub text: String,
    /// Where.
    pub span: Span,
    /// What it was found to be.
    pub checked: Checked,
}

impl Chain {
    /// Lowers the whole block on `x` (`[B, ..event]`).
    pub fn lower(&self, cx: &mut Builder, env: &Env, x: Value) -> Vec<Value> {
        let mut xs = vec![x];
        for layer in &self.layers {
            cx.g.at = layer.span;
            let first = xs.first().copied().unwrap_or(x);
            xs = (layer.checked.lower)(cx, &env.child(&layer.path), first);
        }
        xs
    }
    /// The parameters of all layers, with paths relative to the block.
    pub fn params(&self) -> Vec<ParamDecl> {
        let mut all = Vec::new();
        for l in &self.layers {
            for p in &l.checked.params {
                all.push(ParamDecl { name: format!("{}.{}", l.path, p.name), ..p.clone() });
            }
        }
        all
    }
    /// The only output type (the last one where there are several).
    pub fn out_ty(&self) -> &EventTy {
        self.out.last().unwrap_or(&self.input)
    }
}

/// What a layer was found to be, for one input type and one set of arguments.
#[derive(Clone)]
pub struct Checked {
    /// Output types; one, except for `heads`.
    pub out: Vec<EventTy>,
    /// Its parameters and states, those of blocks inside included (`0.weight`).
    pub params: Vec<ParamDecl>,
    /// What it says about the order of elements.
    pub causality: Causality,
    /// Whether one example's output depends on the others of the batch.
    pub mixes_batch: bool,
    /// Whether its derivative is differentiable and not zero almost everywhere by construction.
    pub twice_differentiable: bool,
    /// IR from `[B, ..in]` to `[B, ..out]`.
    pub lower: LayerFn,
}

/// Lowering of a layer.
pub type LayerFn = Rc<dyn Fn(&mut Builder, &Env, Value) -> Vec<Value>>;

impl Checked {
    /// A layer with one output, no parameters, that reads each element on its own.
    pub fn elementwise(out: EventTy, f: impl Fn(&mut Builder, &Env, Value) -> Value + 'static) -> Checked {
        Checked {
            out: vec![out],
            params: Vec::new(),
            causality: Causality::Weak,
            mixes_batch: false,
            twice_differentiable: true,
            lower: Rc::new(move |cx, env, x| vec![f(cx, env, x)]),
        }
    }
    /// A layer with one output whose every element may read every input.
    pub fn global(
        out: EventTy,
        params: Vec<ParamDecl>,
        f: impl Fn(&mut Builder, &Env, Value) -> Value + 'static,
    ) -> Checked {
        Checked { params, causality: Causality::Global, ..Checked::elementwise(out, f) }
    }
}

/// Which inputs an output element reads, in the order of an autoregressive site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Causality {
    /// Only earlier ones.
    Strict,
    /// Earlier ones and itself.
    Weak,
    /// Any.
    Global,
}

/// Whether a row takes a `{ .. }` block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockUse {
    /// It must not be written.
    None,
    /// It must be written.
    Required,
    /// It may be written.
    Optional,
}

/// A layer of a net.
pub trait LayerRow: Row {
    /// Whether it reads the other examples of a batch outside of training, too.
    fn reads_batch(&self) -> bool {
        false
    }
    /// Whether it takes a block.
    fn block(&self) -> BlockUse {
        BlockUse::None
    }
    /// Verifies the input type against the arguments and infers output, parameters and lowering, all in one place.
    fn check(
        &self,
        cx: &mut dyn ChainCx,
        args: &Args,
        block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<Checked, Diag>;
}
