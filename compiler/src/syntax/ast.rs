//! The abstract syntax of a `.gm` spec: what the user wrote, with a span on everything, before any name is resolved.
//!
//! Invariant: nothing here depends on pest, and nothing is inferred. `fmt` prints it back; `resolve` and `types` read it.

use crate::span::Span;
use serde::{Deserialize, Serialize};

/// A name as written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ident {
    /// The text of the name.
    pub name: String,
    /// Where it stands.
    pub span: Span,
}

/// One source file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// The items in text order.
    pub items: Vec<Item>,
}

/// A top-level, keyword-led item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::large_enum_variant, reason = "a spec has a few dozen items")]
pub enum Item {
    /// `use "file.gm"`
    Use(UseItem),
    /// `dim h = 28` (`dim d` alone is solved from the data)
    Dim(DimItem),
    /// `type Img = Real[3, 64, 64] in interval(-1, 1)`
    Alias(AliasItem),
    /// `data x: Bool[784] from mnist(binarize: 0.5) split (train 0.9, test 0.1)`
    Data(DataItem),
    /// `net decode(z: Real[16]) -> Real[784] { dense(256), relu }`
    Net(NetItem),
    /// `flow f: Real[2] <-> Real[2] given (y: Class(10)) { .. }`
    Flow(FlowItem),
    /// `param s: Real[1] in positive = 0.1`
    Param(ParamItem),
    /// `fn real(s) = E[(s - 1)^2]`
    Fn(FnItem),
    /// `model p(y) { z ~ Normal(0, I)[16];  x = G(z) }`
    Model(ModelItem),
    /// `guide q(x) { .. }` or, per datum, `guide q[x] { .. }`
    Guide(GuideItem),
    /// `train { .. }`
    Train(TrainItem),
    /// `eval { agreement(judge)  samples 64 }`
    Eval(EvalItem),
}

/// `use "file.gm"`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UseItem {
    /// The path as written, relative to the file that names it.
    pub path: String,
    /// Of the path literal.
    pub span: Span,
}

/// `dim name = expr`, or `dim name`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DimItem {
    /// The dimension's name.
    pub name: Ident,
    /// Its value, an integer expression; absent when the data decides.
    pub value: Option<Expr>,
}

/// `type name = type`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AliasItem {
    /// The alias.
    pub name: Ident,
    /// What it stands for.
    pub ty: TypeExpr,
}

/// A type of one event: `Real[3, 64, 64] in interval(-1, 1)`, `Int(2)[28]`, `Class(10)`, or an alias.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TypeExpr {
    /// `Real`, `Bool`, `Int`, `Class`, or the name of an alias.
    pub base: Ident,
    /// `n` of `Int(n)` and `Class(n)`.
    pub cardinality: Option<Expr>,
    /// The axes; `None` when no bracket was written, `Some([])` for `Real[]`.
    pub shape: Option<Vec<Expr>>,
    /// The `?` of `Real?`: cells may be missing.
    pub missing: Option<Span>,
    /// `positive`, `interval(-1, 1)`, ..
    pub support: Option<Call>,
    /// The whole type.
    pub span: Span,
}

/// `name: type`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Binding {
    /// The bound name.
    pub name: Ident,
    /// Its type.
    pub ty: TypeExpr,
}

/// A data item: one stream, of one or several paired variables.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataItem {
    /// The variables; more than one are read in pairs.
    pub bindings: Vec<Binding>,
    /// The source, e.g. `mnist(binarize: 0.5)`.
    pub source: Call,
    /// `split (train 0.9, test 0.1)`: part names and fractions.
    pub split: Vec<(Ident, Expr)>,
    /// `split (.., by: "customer")`: what keeps rows together, or `chance`.
    pub by: Option<Expr>,
    /// `split in order (..)`, also written `split (.., by: order)`: without shuffling.
    #[serde(default)]
    pub in_order: bool,
    /// The whole item.
    pub span: Span,
}

/// A net: a map of events, with parameters, not necessarily invertible.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetItem {
    /// Its name.
    pub name: Ident,
    /// Inputs; the first flows through the layers, the others are joined or read by name.
    pub inputs: Vec<Binding>,
    /// Output types; several when the last layer is `heads(..)`.
    pub outputs: Vec<TypeExpr>,
    /// The layers in order.
    pub body: Vec<Layer>,
    /// `from "f.safetensors"`: where its weights are, which nobody trains.
    pub weights: Option<Weights>,
    /// The whole item.
    pub span: Span,
}

/// A file of weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    /// Its path as it is written.
    pub path: String,
    /// Of the path.
    pub span: Span,
}

/// A flow: an invertible map `from <-> to`; `x = f(z)` runs the layers in text order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlowItem {
    /// Its name.
    pub name: Ident,
    /// The base side (of `z`).
    pub from: TypeExpr,
    /// The data side (of `x`).
    pub to: TypeExpr,
    /// `<->` as written.
    pub arrow: Span,
    /// `given (y: Class(10))`: constants of the map.
    pub given: Vec<Binding>,
    /// The layers in order.
    pub body: Vec<Layer>,
    /// The whole item.
    pub span: Span,
}

/// One entry of a net's or flow's body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Layer {
    /// `dense(256)`, `relu`, `residual { .. }`, `couple(parity(i), affine) { .. }`, or the name of a net or flow.
    Call(Call),
    /// `repeat 8 as i { .. }`
    Repeat(RepeatLayer),
}

/// `repeat n as i { .. }`, unrolled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RepeatLayer {
    /// How often.
    pub count: Expr,
    /// The index, counted from 0, usable in the arguments of the body.
    pub index: Option<Ident>,
    /// The layers repeated.
    pub body: Vec<Layer>,
    /// Of `repeat n` (what a message underlines).
    pub head: Span,
    /// The whole entry.
    pub span: Span,
}

/// `name(16, key: v) { .. }`: the one argument syntax of layers, distributions, functions, data sources and optimizers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// What is called.
    pub name: Ident,
    /// Positional and named arguments in text order.
    pub args: Vec<Arg>,
    /// Whether parentheses were written (`relu` against `relu()`).
    pub parens: bool,
    /// The layers between braces, where there are any.
    pub block: Option<Vec<Layer>>,
    /// Name to closing parenthesis (the block is not part of it).
    pub span: Span,
}

/// One argument of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arg {
    /// `key` of `key: v`.
    pub key: Option<Ident>,
    /// The value.
    pub value: Expr,
}

/// `param name: type = init`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParamItem {
    /// Its name.
    pub name: Ident,
    /// Its type with support.
    pub ty: TypeExpr,
    /// The initial value (0, or the middle of the support, when absent).
    pub init: Option<Expr>,
    /// The whole item.
    pub span: Span,
}

/// `fn name(a, b) = expr`; inlined at every use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FnItem {
    /// Its name.
    pub name: Ident,
    /// Parameters, each with an optional default: `fn elbo2(m, g, beta: 1) = ..`.
    pub params: Vec<(Ident, Option<Expr>)>,
    /// The body.
    pub body: Expr,
    /// The whole item.
    pub span: Span,
}

/// A model: sites in generative order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelItem {
    /// Its name.
    pub name: Ident,
    /// What it is conditioned on: `model p(y)`.
    pub conds: Vec<Ident>,
    /// The sites.
    pub sites: Vec<Site>,
    /// The whole item.
    pub span: Span,
}

/// A guide: proposals for the latent sites of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GuideItem {
    /// Its name.
    pub name: Ident,
    /// What it reads: `guide q(x, y)`.
    pub conds: Vec<Ident>,
    /// `guide q[x]`: one set of free parameters for each datum.
    pub per_datum: bool,
    /// The sites.
    pub sites: Vec<Site>,
    /// The whole item.
    pub span: Span,
}

/// One statement of a model or guide.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Site {
    /// `z ~ Normal(0, I)[16] by score(baseline: moving)`
    Draw(DrawSite),
    /// `x[i in raster] ~ Categorical(logits: pixel(x[< i]))`, `z[t in 1..T] ~ Normal(f(z[t - 1]), s)`
    Auto(AutoSite),
    /// `z[0] ~ Normal(0, 1)`
    Start(StartSite),
    /// `(m, s) = encode(x)`, `x = f(z)`
    Bind(BindSite),
}

/// `name ~ dist[shape] by estimator`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrawSite {
    /// The variable.
    pub name: Ident,
    /// The distribution.
    pub dist: Call,
    /// The shape suffix: that many independent draws.
    pub shape: Option<Vec<Expr>>,
    /// The gradient estimator asked for.
    pub by: Option<Call>,
    /// The whole site.
    pub span: Span,
}

/// `name[index in order] ~ dist`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AutoSite {
    /// The variable.
    pub name: Ident,
    /// The index.
    pub index: Ident,
    /// The order, e.g. `raster`, or the times, e.g. `1..T` or `reverse(1..T)`.
    pub order: Expr,
    /// The conditional of element `index`.
    pub dist: Call,
    /// The shape suffix: how many elements, where no data variable says so.
    #[serde(default)]
    pub shape: Option<Vec<Expr>>,
    /// The gradient estimator asked for, in time.
    #[serde(default)]
    pub by: Option<Call>,
    /// The whole site.
    pub span: Span,
}

/// `name[place] ~ dist[shape]`: one element along the first axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StartSite {
    /// The variable.
    pub name: Ident,
    /// Which element.
    pub place: Expr,
    /// What it is drawn from.
    pub dist: Call,
    /// The shape suffix of the element.
    pub shape: Option<Vec<Expr>>,
    /// The gradient estimator asked for.
    #[serde(default)]
    pub by: Option<Call>,
    /// The whole site.
    pub span: Span,
}

/// `pattern = expr`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BindSite {
    /// One name, or several of a tuple.
    pub pattern: Vec<Ident>,
    /// The value.
    pub value: Expr,
    /// The whole site.
    pub span: Span,
}

/// `train { .. }`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainItem {
    /// `let a = e, b = e`: names shared by the payoffs.
    pub lets: Vec<BindSite>,
    /// The players; none when the goal is derived or stated for the one anonymous player.
    pub players: Vec<PlayerItem>,
    /// The goal of the anonymous player, when stated.
    pub goal: Option<Goal>,
    /// `using adam(lr: 1e-3)`: of the anonymous player, or the default of all.
    pub using: Option<Call>,
    /// `simultaneous`: players do not see each other's update of the same round.
    pub simultaneous: Option<Span>,
    /// `epochs 20`, `batch 128`, `seed 1`, `ema 0.999`, `clip 1.0`, ..
    pub settings: Vec<Setting>,
    /// The whole item.
    pub span: Span,
}

/// `name value`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// The setting.
    pub name: Ident,
    /// `patience` of `stop(patience: 10)`.
    pub key: Option<Ident>,
    /// Its value.
    pub value: Expr,
}

/// `player critic { owns D  maximizes ..  using adam(..)  steps 5  within clip(0.01) }`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlayerItem {
    /// Its name.
    pub name: Ident,
    /// The nets, flows and params it trains.
    pub owns: Vec<Ident>,
    /// Of `owns D`.
    #[serde(default)]
    pub owned: Span,
    /// `within clip(0.01)`: a constraint on its weights.
    pub within: Option<Call>,
    /// What it wants.
    pub goal: Goal,
    /// Its optimizer.
    pub using: Option<Call>,
    /// How often it moves in a round.
    pub steps: Option<Expr>,
    /// Settings that stand among its clauses, where they have no meaning.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<Setting>,
    /// The whole item.
    pub span: Span,
}

/// `maximizes expr` or `minimizes expr`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    /// Whether the payoff is maximised.
    pub maximize: bool,
    /// The payoff.
    pub payoff: Expr,
    /// Keyword to end of the payoff.
    pub span: Span,
}

/// `eval { .. }`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvalItem {
    /// `agreement(judge)`, `modes`
    pub calls: Vec<Call>,
    /// `samples 64`
    pub settings: Vec<Setting>,
    /// The whole item.
    pub span: Span,
}

/// An expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// The forms of expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ExprKind {
    /// `3`, `0.5`, `1e-3`; `integer` tells whether it was written without point and exponent.
    Number {
        /// The value.
        value: f64,
        /// Written as an integer.
        integer: bool,
    },
    /// `"faces"`
    Text(String),
    /// `x`; also the unit scale `I`, and words such as `A` of `mask: A`.
    Name(String),
    /// `p.x`, `q.z`
    Field(Ident, Ident),
    /// `f(x)`, `parity(i)`, `adam(lr: 1e-3)`
    Call(Call),
    /// `(a, b)`
    Tuple(Vec<Expr>),
    /// `[1, 2, 3]`
    List(Vec<Expr>),
    /// `-a`
    Neg(Box<Expr>),
    /// `a + b`
    Binary(BinOp, Box<Expr>, Box<Expr>),
    /// `E[e]`: average over the batch of one number for each example.
    Expect(Box<Expr>),
    /// `E'[e]`: for each example the average over the other examples of the batch.
    Others(Box<Expr>),
    /// `q'.z`, `x'`: the same quantity for another example.
    Another(Box<Expr>),
    /// `log p(x | q.z)`
    LogProb {
        /// The model or guide.
        model: Ident,
        /// What the density is of.
        target: Vec<Expr>,
        /// What it is conditioned on.
        given: Vec<Expr>,
    },
    /// `x[< i]`: the elements before `i` in the order of the site.
    Before(Ident, Ident),
    /// `z[t - 1]`: one element along the first axis.
    At(Ident, Box<Expr>),
    /// `1..T`: the whole numbers from the first up to, but not including, the second.
    Times(Box<Expr>, Box<Expr>),
    /// What only objectives that are written out hold: `E_q[e]`, `KL(q(z | x) || p(z))`.
    Written(Box<Written>),
    /// `0 -> 1` of a schedule.
    Range(Box<Expr>, Box<Expr>),
    /// `10 epochs`, `5000 steps`
    Quantity(Box<Expr>, Ident),
}

/// The density of sites of a model or guide, by names: `q(z | x)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Density {
    /// The model or guide.
    pub model: Ident,
    /// What it is of: names, or samples such as `q.z`.
    pub targets: Vec<Expr>,
    /// What is given.
    pub given: Vec<Expr>,
    /// All of it.
    pub span: Span,
}

/// Parts of objectives that are written as mathematics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Written {
    /// `E_q[e]`: the mean over the examples, and over the draws of a guide, whose sites go by their names in `e`.
    Under(Ident, Expr),
    /// `KL(q(z | x) || p(z))`
    Divergence(Density, Density, Vec<Arg>),
    /// `H(q(z | x))`
    Entropy(Density),
    /// `sum_{i in raster} log p(x[i] | x[< i], z)`: the density is `p(x | z)`.
    Chain(Ident, Call, Density),
    /// `log mean_{k} p(x, z) / q(z | x)`
    Weights(Expr, Density, Density),
}

/// Binary operators, in rising precedence: `+ -`, `* /`, `^`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BinOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `^`, right associative
    Pow,
}
