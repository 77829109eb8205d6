//! Layers of nets, one file each. The files that hold no row (`causality`, `runs`, `multihead`, `recurrent`, `reads`, `require`, `parts`, `linear`, `convolution`, `spectral`, `affine`, `pool`,
//! `conditioning`, `beside`) hold what several rows share; `map` and `whole` are what maps and nets are as layers.

pub mod affine;
pub mod beside;
pub mod causality;
pub mod conditioning;
pub mod convolution;
pub mod linear;
pub mod map;
pub mod multihead;
mod nade;
pub mod parts;
pub mod pool;
pub mod reads;
pub mod recurrent;
pub mod require;
pub mod runs;
pub mod spectral;
pub mod whole;

mod attention;
mod avg_pool;
mod batch_norm;
mod bias_from;
mod conv;
mod conv1d;
mod conv_transpose;
mod crop;
mod dense;
mod diagonal_bilstm;
mod dropout;
mod embed;
mod film;
mod flatten;
mod flip;
mod gate;
mod gated_pixelcnn;
mod global_pool;
mod group_norm;
mod gru;
mod heads;
mod instance_norm;
mod join;
mod last;
mod layer_norm;
mod logits;
mod lstm;
mod max_pool;
mod minibatch_stddev;
mod pixel_norm;
mod position;
mod reflect_pad;
mod rescale;
pub(super) mod reshape;
mod residual;
mod rotate;
mod row_lstm;
mod scalar;
mod shift_right;
mod slice;
mod tied;
mod up;

use super::args::Args;
use super::{DynEq, FlowChain, LowerCx, ParamDecl, Row, Shared};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::Ex;
use crate::span::Span;
use crate::syntax::ast;
use std::fmt;
use std::rc::Rc;

pub use causality::Causality;
pub use reads::{Field, Reads, Unread};

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
    &crop::Crop,
    &slice::Slice,
    &flip::Flip,
    &rotate::Rotate,
    &attention::Attention,
    &position::Position,
    &conv1d::Conv1d,
    &gru::Gru,
    &lstm::Lstm,
    &row_lstm::RowLstm,
    &diagonal_bilstm::DiagonalBilstm,
    &nade::Nade,
    &shift_right::ShiftRight,
    &last::Last,
    &tied::Tied,
    &gated_pixelcnn::GatedPixelcnn,
    &gate::Gate,
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

/// The layers in braces behind a call, where there are any.
pub type Block<'a> = Option<&'a [ast::Layer]>;

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
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    /// Input type.
    pub input: EventTy,
    /// Output types (several only when the last layer is `heads`).
    pub out: Vec<EventTy>,
    /// The layers, each with the last part of its path.
    pub layers: Vec<ChainLayer>,
}

/// One layer of a [`Chain`].
#[derive(Clone, Debug, PartialEq)]
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
    pub fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        self.layers.iter().fold(vec![x], |xs, l| {
            cx.caused_by(l.span);
            let x = xs.first().copied().unwrap_or(x);
            cx.inside(&l.path, |cx| l.checked.layer.lower(cx, x))
        })
    }
    /// The first output of the block, its only one unless it ends with `heads`.
    pub fn lower_one<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Ex<'g> {
        self.lower(cx, x).first().copied().unwrap_or(x)
    }
    /// What the last layer makes its output of: the features before the scores. `None` where there is no layer before it.
    pub fn lower_features<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Option<Ex<'g>> {
        let (last, before) = self.layers.split_last()?;
        let front = Chain { layers: before.to_vec(), ..self.clone() };
        let y = front.lower_one(cx, x);
        let inside = cx.inside(&last.path, |cx| last.checked.layer.before_scores(cx, y));
        inside.or((!before.is_empty()).then_some(y))
    }
    /// The parameters of all layers, with paths relative to the block.
    pub fn params(&self) -> Vec<ParamDecl> {
        let of =
            |l: &ChainLayer| l.checked.params.iter().map(|p| p.clone().inside(&l.path)).collect::<Vec<_>>();
        self.layers.iter().flat_map(of).collect()
    }
    /// The only output type (the last one where there are several).
    pub fn out_ty(&self) -> &EventTy {
        self.out.last().unwrap_or(&self.input)
    }
    /// Whether any layer mixes the examples of a batch.
    pub fn mixes_batch(&self) -> bool {
        self.layers.iter().any(|l| l.checked.mixes_batch)
    }
    /// Whether every layer has a derivative that is differentiable.
    pub fn twice_differentiable(&self) -> bool {
        self.layers.iter().all(|l| l.checked.twice_differentiable)
    }
}

/// What a layer computes: a value, printable and comparable.
pub trait Layer: fmt::Debug + DynEq {
    /// IR from `[B, ..in]` to `[B, ..out]`, one value for each output.
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>>;
    /// Which places it reads for one of its outputs; `said` is its causality.
    fn reads(&self, said: Causality) -> Reads {
        Reads::of(said)
    }
    /// Of a layer that ends with scores of its own: what it makes before them. `None` of others.
    fn before_scores<'g>(&self, _: LowerCx<'g, '_>, _: Ex<'g>) -> Option<Ex<'g>> {
        None
    }
    /// The blocks of layers inside of it.
    fn blocks(&self) -> Vec<&Chain> {
        Vec::new()
    }
}

impl PartialEq for dyn Layer {
    fn eq(&self, other: &dyn Layer) -> bool {
        self.dyn_eq(other)
    }
}

/// What a layer was found to be, for one input type and one set of arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// Output types; one, except for `heads`.
    pub out: Vec<EventTy>,
    /// Its parameters and states, those of blocks inside included (`0.weight`).
    pub params: Vec<ParamDecl>,
    /// What it reads of its input, in the order of an autoregressive site.
    pub causality: Causality,
    /// The further inputs that it reads by name, and what it reads of each.
    pub given: Vec<(String, Causality)>,
    /// Whether one example's output depends on the others of the batch.
    pub mixes_batch: bool,
    /// Whether its derivative is differentiable and not zero almost everywhere by construction.
    pub twice_differentiable: bool,
    /// What it computes.
    pub layer: Shared<dyn Layer>,
}

impl Checked {
    /// A layer with one output, no parameters, that reads each element on its own.
    pub fn elementwise(out: EventTy, layer: impl Layer) -> Checked {
        Checked {
            out: vec![out],
            params: Vec::new(),
            causality: Causality::Own,
            given: Vec::new(),
            mixes_batch: false,
            twice_differentiable: true,
            layer: Shared(Rc::new(layer)),
        }
    }
    /// A layer with one output whose every element may read every input.
    pub fn global(out: EventTy, params: Vec<ParamDecl>, layer: impl Layer) -> Checked {
        Checked { params, causality: Causality::Global, ..Checked::elementwise(out, layer) }
    }
}

/// When a layer reads the other examples of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReadsBatch {
    /// Each example stands alone.
    Never,
    /// In training; afterwards it uses what it has kept.
    Training,
    /// Whenever it is used.
    Always,
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
    /// When it reads the other examples of a batch.
    fn reads_batch(&self) -> ReadsBatch {
        ReadsBatch::Never
    }
    /// Whether it gives each class a vector of its own: a net that begins with it takes its classes as they are, not one-hot.
    fn reads_classes(&self) -> bool {
        false
    }
    /// Whether it takes a block.
    fn block(&self) -> BlockUse {
        BlockUse::None
    }
    /// The argument, its first, that says how many values it yields, in proportion: where it is left out of the last such layer of a net,
    /// what the net declares says it.
    fn size(&self) -> Option<&'static str> {
        None
    }
    /// Verifies the input type against the arguments and infers output, parameters and lowering, all in one place.
    fn check(
        &self,
        cx: &mut dyn ChainCx,
        args: &Args,
        block: Block,
        input: &EventTy,
    ) -> Result<Checked, Diag>;
}
