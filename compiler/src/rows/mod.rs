//! Rows: one file a concept. A row says everything about its concept; the checker, the lowering, `gmc explain`, the reference
//! and "did you mean" only read rows. Each kind of row is a trait here, and a list `ROWS` in the folder's `mod.rs`.
//!
//! To add a distribution, layer, bijection, map, optimizer, schedule or data source: one file, one `mod` line with its
//! entry in `ROWS`.

pub mod args;
pub mod bijection;
pub mod constraint;
pub mod corruption;
pub mod data;
pub mod distribution;
pub mod estimator;
pub mod function;
pub mod init;
pub mod layer;
pub mod map;
pub mod optimizer;
pub mod reference;
pub mod schedule;

use crate::diag::Diag;
use crate::ir::{Dim, Graph, Shape, Value};
use crate::span::Span;
use crate::syntax::ast;
use crate::types::event::{EventTy, Kind, Support};
use args::{Args, ParamSpec};
use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

/// What every row says about itself.
pub trait Row: Sync {
    /// The name in the language.
    fn name(&self) -> &'static str;
    /// A few sentences for the reference: what it computes, shapes, source of the formula.
    fn doc(&self) -> &'static str;
    /// Its compile-time arguments.
    fn params(&self) -> &'static [ParamSpec] {
        &[]
    }
}

/// Finds a row by name.
pub fn find<'a, R: Row + ?Sized>(rows: &'a [&'a R], name: &str) -> Option<&'a R> {
    rows.iter().copied().find(|r| r.name() == name)
}

/// Makes the initial value of a parameter (shape fixed) as IR of the `init` program.
pub type Init = Rc<dyn Fn(&mut Graph, &[usize]) -> Value>;

/// A tensor that belongs to a layer: trained, or kept as state.
#[derive(Clone)]
pub struct ParamDecl {
    /// Name relative to the layer: `weight`. The full path is `net.index.weight`.
    pub name: String,
    /// Axes.
    pub shape: Vec<usize>,
    /// Initial value.
    pub init: Init,
    /// False for running statistics and the like, which the layer updates itself (see [`Lower::set_state`]).
    pub trainable: bool,
}

/// Where a layer is lowered: its path (`decode.3`), and the values of the surrounding net's or flow's further inputs.
#[derive(Clone, Debug, Default)]
pub struct Env {
    /// Path of the layer; parameters are `path.name`.
    pub path: String,
    /// Further inputs of the net, or `given` values of the flow, by name, as `[B, ..event]`.
    pub given: BTreeMap<String, Value>,
}

impl Env {
    /// The environment of a part called `name` of this layer.
    pub fn child(&self, name: &str) -> Env {
        Env { path: format!("{}.{name}", self.path), given: self.given.clone() }
    }
}

/// A graph under construction together with what layers need while they are lowered.
pub struct Lower {
    /// The graph.
    pub g: Graph,
    /// Whether layers behave as in training (dropout, batch statistics, corruption).
    pub training: bool,
    params: BTreeMap<String, Value>,
    /// New values of state tensors, by path.
    pub state_updates: BTreeMap<String, Value>,
    /// In the program `start`: values that parameters take from the first data (see [`Lower::start_at`]). `None` elsewhere.
    pub starts: Option<BTreeMap<String, Value>>,
}

impl Lower {
    /// An empty program of this name.
    pub fn new(name: &str, training: bool) -> Lower {
        Lower {
            g: Graph::new(name),
            training,
            params: BTreeMap::new(),
            state_updates: BTreeMap::new(),
            starts: None,
        }
    }
    /// The parameter `name` of the layer at `env`.
    pub fn param(&mut self, env: &Env, name: &str, shape: &[usize]) -> Value {
        self.leaf(&format!("{}.{name}", env.path), shape, crate::ir::Role::Param)
    }
    /// The state tensor `name` of the layer at `env`.
    pub fn state(&mut self, env: &Env, name: &str, shape: &[usize]) -> Value {
        self.leaf(&format!("{}.{name}", env.path), shape, crate::ir::Role::State)
    }
    /// Sets the value that the state tensor takes after this step (ignored outside training).
    pub fn set_state(&mut self, env: &Env, name: &str, value: Value) {
        if self.training {
            let v = self.g.detach(value);
            self.state_updates.insert(format!("{}.{name}", env.path), v);
        }
    }
    /// Makes the parameter `name` of the layer at `env` start at `value` instead of its initial value; later uses read it. Ignored
    /// outside the program `start`.
    pub fn start_at(&mut self, env: &Env, name: &str, value: Value) {
        let path = format!("{}.{name}", env.path);
        if let Some(starts) = &mut self.starts {
            starts.insert(path.clone(), value);
            self.override_leaf(&path, value);
        }
    }
    /// A parameter or state tensor by its full path.
    pub fn leaf(&mut self, path: &str, shape: &[usize], role: crate::ir::Role) -> Value {
        if let Some(v) = self.params.get(path) {
            return *v;
        }
        let v = self.g.input(path, role, Shape::fixed(shape));
        self.params.insert(path.to_string(), v);
        v
    }
    /// The rows, `[B, ..shape]`, of the minibatch's data in a table of blocks, by the table's path.
    pub fn block(&mut self, path: &str, shape: &[usize]) -> Value {
        let v = self.g.input(path, crate::ir::Role::Block, Shape::batched(shape));
        self.params.insert(path.to_string(), v);
        v
    }
    /// The parameters, states and blocks read so far, by path.
    pub fn leaves(&self) -> &BTreeMap<String, Value> {
        &self.params
    }
    /// Makes every later use of the parameter at `path` read `v` instead (a constrained or averaged weight).
    pub fn override_leaf(&mut self, path: &str, v: Value) {
        self.params.insert(path.to_string(), v);
    }
}

impl Deref for Lower {
    type Target = Graph;
    fn deref(&self) -> &Graph {
        &self.g
    }
}

impl DerefMut for Lower {
    fn deref_mut(&mut self) -> &mut Graph {
        &mut self.g
    }
}

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
    pub fn lower(&self, cx: &mut Lower, env: &Env, x: Value) -> Vec<Value> {
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
pub type LayerFn = Rc<dyn Fn(&mut Lower, &Env, Value) -> Vec<Value>>;

impl Checked {
    /// A layer with one output, no parameters, that reads each element on its own.
    pub fn elementwise(out: EventTy, f: impl Fn(&mut Lower, &Env, Value) -> Value + 'static) -> Checked {
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
        f: impl Fn(&mut Lower, &Env, Value) -> Value + 'static,
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

/// Class of a bijection's Jacobian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Jacobian {
    /// |det| = 1 for every input and every parameter value.
    Unit,
    /// Element by element.
    Diagonal,
    /// Triangular in some order.
    Triangular,
    /// A small dense matrix (1×1 convolution).
    SmallDense,
}

impl Jacobian {
    /// In words, for people.
    pub fn words(self) -> &'static str {
        match self {
            Jacobian::Unit => "unit",
            Jacobian::Diagonal => "diagonal",
            Jacobian::Triangular => "triangular",
            Jacobian::SmallDense => "small dense",
        }
    }
}

/// `[B, ..event] -> ([B, ..event], log |det J| of this direction as [B])`; `None` is 0.
pub type BijFn = Rc<dyn Fn(&mut Lower, &Env, Value) -> (Value, Option<Value>)>;

/// What a bijection was found to be, for one input type and one set of arguments.
#[derive(Clone)]
pub struct CheckedBijection {
    /// Output type (same number of elements).
    pub out: EventTy,
    /// Its parameters and states.
    pub params: Vec<ParamDecl>,
    /// Class of the Jacobian.
    pub jacobian: Jacobian,
    /// For each output element (row-major), the input element that it is a copy or a fixed function of, if nothing trained changes it.
    pub copies: Vec<Option<usize>>,
    /// z → x.
    pub forward: BijFn,
    /// x → z, with the log-determinant of this inverse direction.
    pub inverse: BijFn,
}

/// A layer of a flow.
pub trait BijectionRow: Row {
    /// Whether it takes a block.
    fn block(&self) -> BlockUse {
        BlockUse::None
    }
    /// Verifies and infers in one place, as for layers.
    fn check(
        &self,
        cx: &mut dyn ChainCx,
        args: &Args,
        block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<CheckedBijection, Diag>;
    /// Whether it maps all of this range, narrower than the reals, onto the same range, whatever its parameters are. A layer that does
    /// not would send data back to where the layers before it have no inverse. Not asked of mere rearrangements.
    fn keeps(&self, _args: &Args, _range: Support) -> bool {
        false
    }
}

/// A checked block of bijections.
#[derive(Clone)]
pub struct FlowChain {
    /// Base side.
    pub input: EventTy,
    /// Data side.
    pub out: EventTy,
    /// The bijections in text order (base to data).
    pub layers: Vec<FlowLayer>,
}

/// One bijection of a [`FlowChain`].
#[derive(Clone)]
pub struct FlowLayer {
    /// Last part of its path.
    pub path: String,
    /// As written.
    pub text: String,
    /// Where.
    pub span: Span,
    /// What it was found to be.
    pub checked: CheckedBijection,
}

impl FlowChain {
    /// z → x with the summed log-determinant.
    pub fn forward(&self, cx: &mut Lower, env: &Env, z: Value) -> (Value, Option<Value>) {
        self.run(cx, env, z, self.layers.iter(), |l| &l.checked.forward)
    }
    /// x → z with the summed log-determinant of the inverse.
    pub fn inverse(&self, cx: &mut Lower, env: &Env, x: Value) -> (Value, Option<Value>) {
        self.run(cx, env, x, self.layers.iter().rev(), |l| &l.checked.inverse)
    }
    fn run<'a>(
        &'a self,
        cx: &mut Lower,
        env: &Env,
        start: Value,
        layers: impl Iterator<Item = &'a FlowLayer>,
        dir: impl Fn(&FlowLayer) -> &BijFn,
    ) -> (Value, Option<Value>) {
        let (mut x, mut total) = (start, None);
        for l in layers {
            cx.g.at = l.span;
            let (y, ld) = dir(l)(cx, &env.child(&l.path), x);
            x = y;
            total = add_log_dets(cx, total, ld);
        }
        (x, total)
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
}

/// The first axis that these values have together: that of the first which is not the same for every example, else 1.
pub fn lead(g: &Graph, values: &[Value]) -> Dim {
    values
        .iter()
        .filter_map(|v| g.shape(*v).0.first().copied())
        .find(|d| !d.is_one())
        .unwrap_or(Dim::fixed(1))
}

/// Sum of two log-determinants, `None` being 0.
pub fn add_log_dets(cx: &mut Graph, a: Option<Value>, b: Option<Value>) -> Option<Value> {
    match (a, b) {
        (Some(a), Some(b)) => Some(cx.add(a, b)),
        (a, None) => a,
        (None, b) => b,
    }
}

/// An elementwise map between supports. One row serves as activation layer (`relu`), as function of expressions (`exp(s)`)
/// and, where it has an inverse, as diagonal bijection.
pub trait MapRow: Row {
    /// Where it is defined.
    fn from(&self) -> Support;
    /// Where it lands when the argument ranges over `from`.
    fn to(&self) -> Support;
    /// Where it lands when the argument ranges over `support` (a sub-support of `from`), for these arguments. Default: `to`.
    fn image(&self, _args: &Args, _support: Support) -> Support {
        self.to()
    }
    /// y = f(x), elementwise.
    fn lower(&self, g: &mut Graph, args: &Args, x: Value) -> Value;
    /// Whether |dy/dx| = 1 everywhere for these arguments.
    fn keeps_volume(&self, _args: &Args) -> bool {
        false
    }
    /// The inverse and `log |dy/dx|`, both elementwise, where it is a bijection `from -> to`.
    fn inverse(&self) -> Option<MapInverse> {
        None
    }
    /// Whether a value can be 0 itself, where `to` is the positive reals: so it is no scale.
    fn reaches_zero(&self) -> bool {
        false
    }
    /// False for `relu`, whose second derivative is zero.
    fn smooth(&self) -> bool {
        true
    }
    /// What it does to information, when it has no inverse: completes "`relu` ..": "maps every negative value to 0".
    fn why_not_invertible(&self) -> &'static str {
        "maps different values to one"
    }
}

/// The inverse of a [`MapRow`] and the logarithm of its derivative.
pub struct MapInverse {
    /// x = f⁻¹(y).
    pub inverse: fn(&mut Graph, &Args, Value) -> Value,
    /// log |f'(x)| elementwise, as a function of x.
    pub log_slope: fn(&mut Graph, &Args, Value) -> Value,
}

/// One parameter of a distribution.
#[derive(Clone, Copy, Debug)]
pub struct DistParam {
    /// Name: `loc`, `scale`, `logits`.
    pub name: &'static str,
    /// Where its values must lie.
    pub support: Support,
    /// The value when it is not written (`None`: it must be, unless another of the same `group` is).
    pub default: Option<f64>,
    /// Parameters with the same nonzero group are alternatives (`logits` or `probs`): exactly one is given.
    pub group: u8,
    /// How many trailing axes one draw reads: 0 where each number of the event has its own, 1 for the logits of a class or a
    /// concentration, 2 for a matrix. The axes before them are those of the independent draws.
    pub axes: usize,
    /// For the reference.
    pub doc: &'static str,
}

/// A distribution. Parameter values arrive in the order of [`DistRow::dist_params`], `None` where an alternative was given;
/// each is rank 0 or `[B, ..draws, ..own]`: the batch, the axes of the independent draws (1 where all share it), and the
/// [`DistParam::axes`] trailing ones of one draw.
pub trait DistRow: Row {
    /// Its parameters.
    fn dist_params(&self) -> &'static [DistParam];
    /// The kind of one element of the event, given the parameters' event types (`None`: not given). A constant number `c` has the
    /// type `Real[]` in `interval(c, c)`: that is how `Uniform(-1, 1)` knows its support and `levels: 16` its number of levels.
    /// Also says which axes one draw has.
    fn event(&self, params: &[Option<EventTy>]) -> Result<DistEvent, String>;
    /// Whether the parameters that are known before training make a distribution, whatever their shapes: the first end of an interval below
    /// the second. If not, in which way, and what to write instead. [`DistRow::event`] is asked after this.
    fn together(&self, _params: &[Option<EventTy>]) -> Result<(), (String, String)> {
        Ok(())
    }
    /// Where the density is above 0 whatever values of these types the parameters take; `None`: wherever [`DistRow::event`] says. The two
    /// differ where the ends of the range are computed.
    fn covers(&self, _params: &[Option<EventTy>]) -> Option<Support> {
        None
    }
    /// Log-density of `x: [B, ..event]`, normalised, constants kept. Result elementwise over the event (`[B, ..]`, the
    /// caller sums the axes that are left).
    fn log_prob(&self, g: &mut Graph, params: &[Option<Value>], x: Value) -> Value;
    /// A draw of this shape.
    fn sample(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Value;
    /// Whether `sample` is differentiable in the parameters (pathwise).
    fn reparameterised(&self) -> bool;
    /// Whether [`DistRow::relaxed`] exists.
    fn relaxes(&self) -> bool {
        false
    }
    /// A differentiable draw that tends to `sample` as the temperature `tau` falls to 0.
    fn relaxed(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape, _tau: f64) -> Value {
        self.sample(g, params, shape)
    }
    /// Mean, where it exists in closed form (shape as a sample); of classes, the mean of their numbers.
    fn mean(&self, _g: &mut Graph, _params: &[Option<Value>], _shape: &Shape) -> Option<Value> {
        None
    }
    /// Why [`DistRow::mean`] gives nothing, where it does not.
    fn without_mean(&self) -> Option<&'static str> {
        None
    }
    /// The value that stands for the distribution where one is shown, as `kind`: the mean; of unordered classes the most probable one;
    /// where there is no mean, the median or what the row says (shape as a sample).
    fn centre(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape, _kind: Kind) -> Option<Value> {
        self.mean(g, params, shape)
    }
    /// Entropy elementwise, where known in closed form; with the axes that the parameters have together, so an axis of the event that no
    /// parameter has must still be broadcast before it is summed.
    fn entropy(&self, _g: &mut Graph, _params: &[Option<Value>]) -> Option<Value> {
        None
    }
    /// Why [`DistRow::entropy`] gives nothing, where it does not.
    fn without_entropy(&self) -> Option<&'static str> {
        None
    }
    /// How many values a draw can take, 0 .. n, where the parameters say so.
    fn values(&self, _g: &Graph, _params: &[Option<Value>]) -> Option<usize> {
        None
    }
    /// KL(self ‖ other) elementwise, where known in closed form; axes as for [`DistRow::entropy`].
    fn kl(
        &self,
        _g: &mut Graph,
        _mine: &[Option<Value>],
        _other: &str,
        _theirs: &[Option<Value>],
    ) -> Option<Value> {
        None
    }
    /// Names of the rows that [`DistRow::kl`] knows.
    fn kl_known(&self) -> &'static [&'static str] {
        &[]
    }
    /// Whether an event of shape `[]` has a density, from parameters without axes: not where the last axis of a parameter lists alternatives
    /// or the elements of an event depend on each other.
    fn elementwise(&self) -> bool {
        self.dist_params().iter().all(|p| p.axes == 0)
    }
    /// The form, and the row inside, where it is made of another: it is written `Form(Row(..), ..)`, parameters of the row first.
    fn form(&self) -> Option<(&'static dyn FormRow, &'static dyn DistRow)> {
        None
    }
    /// Whether the elements along the last axis of an event are drawn together: one-hot, on a simplex, correlated. Log-density, entropy and
    /// KL are then spread over that axis, and only their sum over it means anything. With a discrete kind the vector is one-hot.
    fn vector(&self) -> bool {
        false
    }
    /// The distribution function and its inverse, where in closed form.
    fn tails(&self) -> Option<&'static distribution::tails::Tails> {
        None
    }
}

/// A way to make a distribution of another one, which is written as its first argument: `Truncated(Normal(m, s), 0, 1)`.
pub trait FormRow: Row {
    /// The parameters that it has itself. A default of ±∞ stands for an end that there is not: the parameter stays absent.
    fn own_params(&self) -> &'static [DistParam];
    /// The row for this distribution inside, whose parameters come first, before the own ones; or why it does not fit.
    fn around(&self, inner: &'static dyn DistRow) -> Result<&'static dyn DistRow, String>;
}

/// The event of a distribution.
#[derive(Clone, Debug, PartialEq)]
pub struct DistEvent {
    /// What each element is.
    pub kind: Kind,
    /// The axes of one draw, which are the last of the event: none for single numbers, `[n]` for a vector of n. Before them stand the axes
    /// of independent draws.
    pub own: Vec<usize>,
}

/// An optimizer: how one tensor moves along its gradient.
pub trait OptimizerRow: Row {
    /// Names of the tensors it keeps for every parameter (`m`, `v`), zero at the start.
    fn slots(&self, args: &Args) -> Vec<&'static str>;
    /// One update that *descends* along `grad`. `hyper(name)` is the (possibly scheduled) value of a numeric argument as a rank-0
    /// value; `t` is the number of this update, from 1: rank 0, or `[B, 1, ..]` where every row of the parameter has its own count, and
    /// then no row may have a part in another's update. Returns the new parameter and the new slots.
    fn update(
        &self,
        g: &mut Graph,
        args: &Args,
        hyper: &mut dyn FnMut(&mut Graph, &str) -> Value,
        t: Value,
        param: Value,
        grad: Value,
        slots: &[Value],
    ) -> (Value, Vec<Value>);
}

/// A gradient estimator.
pub trait EstimatorRow: Row {
    /// The estimator for a draw of this distribution and event type, or why it does not fit.
    fn make(&self, args: &Args, row: &dyn DistRow, ty: &EventTy) -> Result<crate::types::Estimator, String>;
}

/// A constraint on weights.
pub trait ConstraintRow: Row {
    /// The nearest allowed value of a parameter that was just updated.
    fn apply(&self, g: &mut Graph, args: &Args, param: Value) -> Value;
}

/// A way to corrupt the input of a net.
pub trait CorruptionRow: Row {
    /// What kind of number an element is once it may be corrupted.
    fn kind(&self, kind: Kind) -> Kind;
    /// Whether elements of this kind are set to `value`.
    fn sets(&self, _kind: Kind, _value: f64) -> bool {
        false
    }
    /// The corrupted value, of the shape of `x`, whose elements are of this kind. `amount(name)` is the (possibly scheduled) value of a
    /// numeric argument as a rank-0 value.
    fn lower(
        &self,
        g: &mut Graph,
        kind: Kind,
        amount: &mut dyn FnMut(&mut Graph, &str) -> Value,
        x: Value,
    ) -> Value;
}

/// Where training stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Rounds done, from 0.
    pub step: u64,
    /// Rounds in all, as planned.
    pub total: u64,
    /// Rounds in one epoch.
    pub per_epoch: u64,
}

/// A schedule: a number that depends on where training stands.
pub trait ScheduleRow: Row {
    /// The value at this moment.
    fn value(&self, args: &Args, at: Progress) -> f64;
}

/// A function of expressions that is no elementwise map of one argument: `max(a, b)`, `sum(x)`, `concat(z, y)`.
pub trait FnRow: Row {
    /// Fewest and most tensor arguments.
    fn arity(&self) -> (usize, usize);
    /// Type of the result from the event types of the arguments, or what is wrong with which argument.
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)>;
    /// Whether the result for one example depends on others.
    fn mixes_batch(&self) -> bool {
        false
    }
    /// IR. Values are `[B, ..event]`, `[1, ..event]` (the same for every example) or rank 0.
    fn lower(&self, cx: &mut Lower, args: &[Value], types: &[EventTy]) -> Value;
    /// Whether this argument (from 0) must be the same for every example: a table, not data.
    fn shared(&self, _argument: usize) -> bool {
        false
    }
    /// Numbers about a batch that evaluation reports beside a payoff in which the function stands: name and rank-0 value.
    fn report(&self, _cx: &mut Lower, _args: &[Value], _types: &[EventTy]) -> Vec<(String, Value)> {
        Vec::new()
    }
}
