//! The checker: from AST to a typed model, or to diagnostics. Shapes, supports, invertibility, density, guide coverage,
//! reparameterisation and ownership are decided here; influence (does a payoff reach what its player owns?) needs the graph and
//! is decided in `derive`.
//!
//! Enter at [`check`]. Invariant: a [`Typed`] is only used when no error was reported.

mod amounts;
mod bodies;
mod body;
pub mod bound_of;
mod by_number;
mod calls;
pub mod chain;
mod closure;
mod computed;
pub mod consts;
mod corrupted;
pub mod coupled;
pub mod density;
mod draws;
mod evals;
pub mod expr;
pub mod factor;
mod frozen;
pub mod game;
mod guide;
pub mod hidden_chain;
mod identity_dims;
mod in_time;
pub mod items;
mod kept;
pub mod known_times;
mod log_prob;
mod mix;
mod model;
pub mod noising;
mod objectives;
mod observed;
pub mod open_range;
pub mod ordered;
mod others;
pub mod overrides;
mod paired;
mod pending;
mod row_weights;
mod same;
mod scales;
mod scheduled;
pub mod scope;
pub mod scored;
mod settings;
pub mod sharp;
pub mod size;
mod sized;
mod subject;
pub mod text;
pub mod time;
mod walk;
mod wants;
mod written;

use crate::diag::{Diag, Severity};
use crate::event::{EventTy, Support};
use crate::rows::args::{Args, Const};
use crate::rows::data::{Cells, DataRow, Declared, Host, WEIGHT};
use crate::rows::estimator::{Baseline, Estimator};
use crate::rows::measure::Asked;
use crate::rows::{
    Chain, ConstraintRow, CorruptionRow, DistRow, FlowChain, FnRow, MapRow, OptimizerRow, ScheduleRow,
};
use crate::span::Span;
use crate::syntax::ast;
use consts::Consts;
pub use frozen::TFrozen;
pub use kept::{Keep, TKept};
pub use objectives::{TCritic, TObjective, TSubject};
pub use ordered::TOrder;
use std::collections::BTreeMap;
use std::rc::Rc;
pub use subject::Subject;
pub use time::{Place, TPiece, TTime, Times};

/// A checked spec.
#[derive(Default)]
pub struct Typed {
    /// Data streams in text order.
    pub data: Vec<TData>,
    /// Nets.
    pub nets: Vec<TNet>,
    /// Flows.
    pub flows: Vec<TFlow>,
    /// Free parameters.
    pub params: Vec<TParam>,
    /// Models and guides.
    pub models: Vec<TModel>,
    /// Schedules used in payoffs, constraints and optimizers: scalar input `schedule.<index>`.
    pub schedules: Vec<TSchedule>,
    /// Training.
    pub train: TTrain,
    /// `eval { .. }`.
    pub eval: Asked,
    /// `eval { value(e) }`: numbers that are measured and nobody's goal.
    pub values: Vec<TExpr>,
    /// `eval { agreement(judge) }`.
    pub agreement: Option<TAgreement>,
}

/// A measure of samples: how often a net that sorts data into classes sees the class that a sample was drawn with.
#[derive(Clone, Debug, PartialEq)]
pub struct TAgreement {
    /// Index of the net.
    pub judge: usize,
    /// The model that draws: index.
    pub model: usize,
    /// The data variable that it sorts, a site of the model.
    pub sample: String,
    /// The class that the model is conditioned on or draws.
    pub class: String,
    /// How many classes there are.
    pub classes: usize,
}

/// A data stream.
pub struct TData {
    /// The variables, in order.
    pub vars: Vec<TVar>,
    /// The source.
    pub row: &'static dyn DataRow,
    /// Its arguments.
    pub args: Args,
    /// The folder that its paths are relative to; empty: the working folder.
    pub base: String,
    /// Columns hold probabilities, drawn anew at every visit.
    pub dynamic: bool,
    /// `split (train 0.9, test 0.1)`.
    pub split: crate::rows::data::split::Split,
    /// Of the source call.
    pub span: Span,
}

impl TData {
    /// The column that says how much each row counts, where there is one.
    pub fn weight(&self) -> Option<&Const> {
        self.args.values.iter().find(|(name, ..)| *name == WEIGHT).map(|(_, column, _)| column)
    }

    /// Whether its rows have weights.
    pub fn weighted(&self) -> bool {
        self.weight().is_some()
    }

    /// Its variables as its source loads them.
    pub fn declared(&self) -> Vec<Declared<'_>> {
        self.vars.iter().map(|v| Declared { name: &v.name, ty: v.ty.clone(), cells: v.cells }).collect()
    }
}

/// One data variable.
pub struct TVar {
    /// Its name.
    pub name: String,
    /// Its event type.
    pub ty: EventTy,
    /// What its type says of the cells that it is read from.
    pub cells: Cells,
    /// Of its declared type.
    pub ty_span: Span,
    /// Of its name.
    pub span: Span,
}

/// A net.
#[derive(Clone)]
pub struct TNet {
    /// Its name.
    pub name: String,
    /// Inputs with the spans of their bindings.
    pub inputs: Vec<(String, EventTy, Span)>,
    /// Its output types if ends of their ranges come in which do not belong to the ranges, where the body is defined there.
    pub at_ends: Option<Vec<EventTy>>,
    /// Which inputs after the first are joined to the first (the others are read by layers by name).
    pub joined: Vec<bool>,
    /// Output types.
    pub outs: Vec<EventTy>,
    /// The span that decided the outputs: the last layer.
    pub out_span: Span,
    /// Its layers.
    pub chain: Chain,
    /// The last layer, with its size, where that was left out and follows from the outputs.
    pub filled: Option<String>,
    /// Names that its body calls, blocks included.
    pub calls: Vec<String>,
    /// Number of its layers, those of blocks, rounds and nets among them included.
    pub unrolled: usize,
    /// Number of its parameters.
    pub tensors: usize,
    /// Its weights, where they come from a file.
    pub frozen: Option<TFrozen>,
    /// Of its name.
    pub span: Span,
}

impl TNet {
    /// Whether training changes it: some layer has parameters that a player may own, and they are not from a file.
    pub fn trainable(&self) -> bool {
        self.frozen.is_none()
            && self.chain.layers.iter().any(|l| l.checked.params.iter().any(|p| p.trainable))
    }
}

/// A flow `from <-> to`; `x = f(z)` runs it forward.
#[derive(Clone)]
pub struct TFlow {
    /// Its name.
    pub name: String,
    /// Base side.
    pub from: EventTy,
    /// Data side.
    pub to: EventTy,
    /// Constants of the map.
    pub given: Vec<(String, EventTy)>,
    /// Its bijections.
    pub chain: FlowChain,
    /// The layers added at its end so that it lands in the range that it declares, as one would write them.
    pub fitted: Option<String>,
    /// Names that its body calls, blocks included.
    pub calls: Vec<String>,
    /// Number of its layers, as of a net.
    pub unrolled: usize,
    /// Number of its parameters.
    pub tensors: usize,
    /// Numbers that its layers act on, in all.
    pub acted_on: usize,
    /// Of its name.
    pub span: Span,
}

/// A free parameter of the spec.
pub struct TParam {
    /// Its name.
    pub name: String,
    /// Its type; a constrained support is reached through a map from the reals.
    pub ty: EventTy,
    /// Its initial value.
    pub init: f64,
    /// What it starts from instead, where that is drawn: as written, and how it is made.
    pub drawn: Option<(String, crate::rows::Init)>,
    /// A block for each datum of this data item (`free` in a guide `q[x]`): `ty` is the block's type.
    pub each: Option<usize>,
    /// Of its name.
    pub span: Span,
}

/// A schedule and where it stands.
pub struct TSchedule {
    /// The row.
    pub row: &'static dyn ScheduleRow,
    /// Its arguments.
    pub args: Args,
    /// As written.
    pub text: String,
}

/// A model or a guide.
#[derive(Clone)]
pub struct TModel {
    /// Its name.
    pub name: String,
    /// Declared with `guide`.
    pub guide: bool,
    /// Conditions: names of data variables.
    pub conds: Vec<String>,
    /// Declared with `q[x]`: each datum of this data item has free parameters of its own.
    pub each: Option<usize>,
    /// Sites in text order.
    pub sites: Vec<TSite>,
    /// What can be said about `p(data)`.
    pub density: Density,
    /// Of its name.
    pub span: Span,
}

impl TModel {
    /// As [`TModel::proposed`], of sites whose values may stand for each other's.
    pub fn fitting(&self, of_guide: &TSite) -> Option<&TSite> {
        let (theirs, discrete) = (&of_guide.ty.shape, of_guide.ty.kind.discrete());
        self.proposed(of_guide).filter(|s| s.ty.shape == *theirs && s.ty.kind.discrete() == discrete)
    }
    /// The site of this name.
    pub fn site(&self, name: &str) -> Option<&TSite> {
        self.sites.iter().find(|s| s.name == name)
    }
    /// The site of this model for which a guide's site stands: the one of its name. Two computed sites that happen to share a name (the
    /// `m` and `s` that a guide and a model each read off a net of their own) have nothing to do with each other.
    pub fn proposed(&self, of_guide: &TSite) -> Option<&TSite> {
        let drawn = |s: &TSite| matches!(s.kind, TSiteKind::Draw(_));
        self.site(&of_guide.name).filter(|s| drawn(s) || drawn(of_guide))
    }
}

/// One variable of a model or guide.
#[derive(Clone)]
pub struct TSite {
    /// Its name.
    pub name: String,
    /// Its event type.
    pub ty: EventTy,
    /// Where it has a density whatever the parameters are: less than its type says where the ends of a range are computed.
    pub covers: Support,
    /// How it comes about.
    pub kind: TSiteKind,
    /// A data variable has this name (models only).
    pub observed: bool,
    /// Of its name.
    pub span: Span,
    /// Of what follows `~` or `=`.
    pub value_span: Span,
}

/// How a site comes about.
#[derive(Clone)]
pub enum TSiteKind {
    /// `z ~ D(..)`
    Draw(TDist),
    /// `x = e`
    Bind(TExpr),
    /// `x = quantize(e)`: integers below a continuous value; dequantised with uniform noise in training.
    Quantize(TExpr),
}

/// A distribution with its parameters.
#[derive(Clone)]
pub struct TDist {
    /// The row.
    pub row: &'static dyn DistRow,
    /// Compile-time arguments.
    pub args: Args,
    /// Parameters in the row's order; `None` where an alternative was given.
    pub params: Vec<Option<TExpr>>,
    /// How a derivative passes through a draw of it.
    pub by: Estimator,
    /// Whether the spec says so, or the compiler chose it.
    pub written: bool,
    /// What [`Baseline::Learned`] subtracts: one number for each example, of what stands before the draw.
    pub baseline: Option<TExpr>,
    /// Its elements are drawn one after the other: `x[i in raster] ~ ..`.
    pub order: Option<Box<TOrder>>,
    /// Its first axis is time: `z[t in 1..T] ~ ..`. What differs between times is [`TKind::Along`] among the parameters.
    pub time: Option<Box<TTime>>,
}

/// What the model says about the density of the data.
#[derive(Clone, Debug, PartialEq)]
pub enum Density {
    /// Every drawn site is determined by the data, or summed over. `dequantised`: exact for the noisy data, a bound for the integers.
    Exact {
        /// Some data site is quantised.
        dequantised: bool,
        /// Discrete latent sites with so few values that `p(data)` is a sum over all of them.
        summed: Vec<String>,
    },
    /// These drawn sites are not determined by the data.
    Latent(Vec<String>),
    /// This data site is bound by something that is no flow: samples only.
    Implicit(String),
    /// No site is data.
    Unobserved,
}

/// A typed expression. Values are `[B, ..event]`, `[1, ..event]` or, when the event is one number, rank 0.
#[derive(Clone)]
pub struct TExpr {
    /// What it is.
    pub kind: TKind,
    /// Its event type.
    pub ty: EventTy,
    /// Differs between the examples of a batch.
    pub batched: bool,
    /// Where it stands.
    pub span: Span,
    /// What decided its range: the last layer of the net it comes from, or the declaration of its variable.
    pub origin: Option<Span>,
}

/// The forms of typed expression.
#[derive(Clone)]
pub enum TKind {
    /// A number (also `I`); with a shape, that number everywhere.
    Const(f64),
    /// The current value of schedule number `0`.
    Schedule(usize),
    /// A data variable.
    Data(String),
    /// `p.x`, `q.z`: a sample of a site, shared within one payoff evaluation.
    Sample(String, String),
    /// A site of the model being read, or a condition of it.
    Var(String),
    /// `x[< i]`: the elements of the site `x` before element `i`, which is drawn.
    Before(String, String),
    /// `z[t - 1]`: one element along the first axis; inside, [`TKind::Before`] for the site that is being drawn.
    At(Box<TExpr>, Place),
    /// `t`: the time of the statement, a whole number.
    Time(String),
    /// At each time of each piece the value of its expression, along a new first axis.
    Along(Vec<TPiece>),
    /// A free parameter: index.
    Param(usize),
    /// A let of the train block: index.
    Let(usize),
    /// Output `output` of net number `net`.
    Net {
        /// Which net.
        net: usize,
        /// Its inputs.
        args: Vec<TExpr>,
        /// Which output.
        output: usize,
    },
    /// A flow, forward.
    Flow {
        /// Which flow.
        flow: usize,
        /// Its argument.
        arg: Box<TExpr>,
        /// Its constants.
        given: Vec<TExpr>,
    },
    /// An elementwise map.
    Map {
        /// The row.
        row: &'static dyn MapRow,
        /// Its compile-time arguments.
        args: Rc<Args>,
        /// Its argument.
        arg: Box<TExpr>,
    },
    /// A function.
    Fn {
        /// The row.
        row: &'static dyn FnRow,
        /// Its arguments.
        args: Vec<TExpr>,
    },
    /// -a
    Neg(Box<TExpr>),
    /// a ∘ b
    Binary(ast::BinOp, Box<TExpr>, Box<TExpr>),
    /// `E[e]`
    Expect(Box<TExpr>),
    /// `log p(x | z)`, one number per example.
    LogProb {
        /// The model: index.
        model: usize,
        /// The values of its sites: name and expression.
        values: Vec<(String, TExpr)>,
        /// Which of them the density is of.
        targets: Vec<String>,
    },
    /// `nll(p)`, `elbo(p, q, beta: ..)`, `gradient_penalty(D, u, v)` ..: one number.
    Objective(TObjective),
    /// `grad(f, x)`: derivative of the sum of `f` in `x`, shape of `x`.
    Grad {
        /// What is differentiated.
        of: Box<TExpr>,
        /// In what: an expression that `f` reads.
        at: Box<TExpr>,
    },
    /// `corrupt(x, gaussian(0.3))`: in training only.
    Corrupt {
        /// What is corrupted.
        arg: Box<TExpr>,
        /// How.
        row: &'static dyn CorruptionRow,
        /// Its arguments.
        args: Rc<Args>,
        /// Those of its arguments that are schedules: name and index.
        schedules: Vec<(String, usize)>,
    },
    /// `average(e, 0.99)`, `replay(e, 50)`: what is kept of a value from one update to the next.
    Kept(TKept),
    /// `E'[e]`: for each example the mean of e over the other examples of the minibatch.
    Others(Box<TExpr>),
    /// `q'.z`: the same quantity for another example, inside of `E'[..]`.
    Another(Box<TExpr>),
}

/// The train block.
#[derive(Default)]
pub struct TTrain {
    /// Shared expressions.
    pub lets: Vec<(String, TExpr)>,
    /// Expressions in which something is differentiated, each once: wherever one of them is written it is one and the same value.
    pub differentiated: Vec<TExpr>,
    /// How many values are kept from one update to the next (see [`TKept`]).
    pub kept: usize,
    /// The players in order; one for maximum likelihood.
    pub players: Vec<TPlayer>,
    /// `simultaneous` was written.
    pub simultaneous: bool,
    /// Its settings, those that it does not write included (see [`crate::rows::setting`]).
    pub settings: Args,
}

/// One player.
pub struct TPlayer {
    /// Its name (`all` for the anonymous one).
    pub name: String,
    /// What it owns: names of nets, flows and params.
    pub owns: Vec<(String, Span)>,
    /// Whether the payoff is maximised.
    pub maximize: bool,
    /// The payoff, one number.
    pub payoff: TExpr,
    /// Whether the compiler supplied the payoff.
    pub derived: bool,
    /// The optimizer.
    pub optimizer: &'static dyn OptimizerRow,
    /// Its arguments.
    pub args: Args,
    /// Schedules of the optimizer's arguments: name and index.
    pub schedules: Vec<(String, usize)>,
    /// `within clip(c)`: what its weights must satisfy after every update.
    pub within: Option<(&'static dyn ConstraintRow, Args)>,
    /// Moves per round.
    pub steps: usize,
    /// Of the optimizer, or where none is named of the player.
    pub using: Span,
    /// Of its name or goal.
    pub span: Span,
}

/// An error already reported, or one to report.
pub enum Bad {
    /// Reported elsewhere; what depends on it stays silent.
    Said,
    /// To report.
    Diag(Diag),
}

impl From<Diag> for Bad {
    fn from(d: Diag) -> Bad {
        Bad::Diag(d)
    }
}

/// Result of checking one construct.
pub type Res<T> = Result<T, Bad>;

/// State of one check.
pub struct Checker<'a> {
    pub(crate) host: &'a dyn Host,
    pub(crate) diags: Vec<Diag>,
    pub(crate) consts: Consts,
    pub(crate) open_dims: BTreeMap<String, Span>,
    pub(crate) names: BTreeMap<String, (&'static str, Span)>,
    pub(crate) aliases: BTreeMap<String, ast::TypeExpr>,
    pub(crate) fns: BTreeMap<String, ast::FnItem>,
    /// Names whose declaration had an error: uses of them stay silent.
    pub(crate) broken: Vec<String>,
    /// Nodes of expressions made so far.
    pub(crate) nodes: usize,
    /// Numbers on which the layers of the flows so far act, of wrong ones, too.
    pub(crate) acted_on: usize,
    /// Inside of what may read a variable with missing cells.
    pub(crate) holes: bool,
    /// What is to be said of a `repeat` in a flow, by the flow's name, if something of the flow stays untouched.
    pub(crate) repeats: Vec<(String, Diag)>,
    /// What the names of `train` mean.
    pub(crate) in_train: scope::Scope,
    pub(crate) typed: Typed,
}

impl Checker<'_> {
    /// Reports, or stays silent about what was reported before.
    pub(crate) fn say(&mut self, bad: impl Into<Bad>) {
        if let Bad::Diag(d) = bad.into() {
            self.diags.push(d);
        }
    }
    pub(crate) fn data_var(&self, name: &str) -> Option<&TVar> {
        self.typed.data.iter().flat_map(|d| &d.vars).find(|v| v.name == name)
    }
}

/// Checks a parsed spec (prelude first, then the files named by `use`, then the spec itself).
pub fn check(specs: &[&ast::Spec], host: &dyn Host) -> (Typed, Vec<Diag>) {
    let mut c = Checker {
        host,
        diags: Vec::new(),
        consts: Consts::new(),
        open_dims: BTreeMap::new(),
        names: BTreeMap::new(),
        aliases: BTreeMap::new(),
        fns: BTreeMap::new(),
        broken: Vec::new(),
        nodes: 0,
        acted_on: 0,
        holes: false,
        repeats: Vec::new(),
        in_train: scope::Scope::default(),
        typed: Typed::default(),
    };
    let items: Vec<&ast::Item> = specs.iter().flat_map(|s| &s.items).collect();
    c.declare(&items);
    c.data_items(&items);
    c.close_dims();
    c.param_items(&items);
    c.net_items(&items);
    c.flow_items(&items);
    c.model_items(&items);
    c.identity_dims();
    c.train_item(&items);
    c.eval_item(&items);
    c.unused();
    c.corrupted();
    c.unpaired();
    c.scales();
    let mut diags = c.diags;
    if !failed(&diags) {
        diags.extend(size::too_large(&c.typed));
    }
    diags.sort_by_key(|d| (d.severity, d.primary.span.file, d.primary.span.start, d.code));
    (c.typed, diags)
}

/// Whether any diagnostic is an error.
pub fn failed(diags: &[Diag]) -> bool {
    diags.iter().any(|d| d.severity == Severity::Error)
}
