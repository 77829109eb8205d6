//! Typed expressions, models and guides to IR.
//!
//! Values travel as `[B, ..event]`, `[1, ..event]` or, for one number that is the same for every example, rank 0. Within one
//! [`Ctx`] each data variable, each sample `p.x` and each application of a net to the same values is made once.

mod chains;
pub(super) mod copies;
mod data;
mod draws;
mod expressions;
mod flows;
mod joint;
mod kept;
pub(super) mod noising;
mod ordered;
mod others;
mod sums;
mod time;

pub use draws::{Draws, truncatable};
pub use expressions::Cut;
pub use joint::Joint;
pub use sums::{Densities, Posterior, VOLUME};
pub(super) use sums::{combinations, count};

use super::program::{Made, Program, sound};
use super::signature::Output;
use crate::diag::Diag;
use crate::ir::optimise::sweep;
use crate::ir::outline::Work;
use crate::ir::{Dim, Node, Op, Role, Shape, Value};
use crate::rows::Builder;
use crate::types::{TFlow, TModel, Typed};
use std::collections::BTreeMap;

/// Values of names inside one model.
pub type Vars = BTreeMap<String, Value>;

/// A flow, an argument and constants of it.
type FlowCall = (usize, Vec<Value>);

/// What a flow makes of a value, and the log-determinant, `[B]`; `None` is 0.
type Mapped = (Value, Option<Value>);

/// One program under construction.
pub struct Ctx<'t> {
    /// The checked spec.
    pub typed: &'t Typed,
    /// The graph, parameters and states.
    pub cx: Builder,
    /// The batch axis: `B`, or `k·B` when every datum is repeated `k` times.
    pub batch: Dim,
    /// How draws are made.
    pub draws: Draws,
    /// While discrete sites are summed over: how many combinations of values they have. Values then have a first axis of `B`, of this
    /// many combinations or of both, whichever is least (see [`Ctx::meet`]).
    pub combinations: Option<usize>,
    /// Whether a relaxed draw stands for one that no derivative passes through: in training, and where parameters per datum are inferred.
    pub relaxed: bool,
    /// Whether `corrupt(..)` corrupts: in training, and where the answer to a corrupted input is measured.
    pub corrupting: bool,
    /// Whether observed sites that are drawn in an order keep the elements that are given ([`Input::Known`]).
    ///
    /// [`Input::Known`]: super::Input::Known
    pub completing: bool,
    /// Of those sites, how many of their first places are given for all examples.
    pub first: BTreeMap<String, usize>,
    /// The temperature of draws, where it is not 1.
    pub temperature: Option<f64>,
    /// How many standard deviations hidden normal variables may lie from their means, where draws beyond are drawn anew.
    pub truncation: Option<f64>,
    /// What drawing each site in an order does at each of its places.
    pub work: Vec<(String, Work)>,
    /// Inside a statement in time.
    clock: Option<time::Clock>,
    /// What `corrupt(..)` made so far.
    pub corrupted: Vec<Value>,
    /// What is wrong with the derivatives that the payoffs ask for.
    pub zero: Vec<Diag>,
    program: Program,
    /// Whether something that was written at a stand-in moved into a loop: the originals are dead.
    outlined: bool,
    /// Values that are repetitions of a value at batch axis `B`: from that value and the factor, and back.
    copies: BTreeMap<(Value, usize), Value>,
    once: BTreeMap<Value, Value>,
    /// Draws of dynamic data variables, at batch axis `B`.
    drawn: Vars,
    /// A data value with the noise that dequantises it: one draw in a program for every model that observes it, so that their densities
    /// are of the same point.
    dequantised: BTreeMap<Value, Value>,
    /// Flows run backwards: models that share a flow share this, and its gradient.
    inverted: BTreeMap<FlowCall, Mapped>,
    /// How much each example counts, once it is read.
    weight: Option<Value>,
    /// Inside of `E'[..]`: what is outside.
    outside: Option<others::Outside>,
    shared: Shared,
}

/// The values that a program makes once at one batch axis; set aside while another batch axis is in use.
#[derive(Default)]
pub struct Shared {
    /// Data variables and rows of parameters per datum.
    data: Vars,
    /// Sites, by model and name.
    samples: BTreeMap<(String, String), Value>,
    lets: BTreeMap<usize, Value>,
    /// Expressions in which something is differentiated, by their number.
    differentiated: BTreeMap<usize, Value>,
    nets: BTreeMap<(usize, Vec<Value>), Vec<Value>>,
    /// Values of which something is kept, by their number.
    kept: BTreeMap<usize, Value>,
    /// Flows run forwards.
    flows: BTreeMap<FlowCall, Mapped>,
}

impl<'t> Ctx<'t> {
    /// An empty program.
    pub fn new(typed: &'t Typed, program: Program, training: bool) -> Ctx<'t> {
        let mut cx = Builder::new(&program.to_string(), training);
        cx.loops = program.asks_models();
        Ctx {
            typed,
            cx,
            batch: Dim::BATCH,
            draws: Draws::Sampled,
            combinations: None,
            relaxed: training,
            corrupting: training,
            completing: false,
            first: BTreeMap::new(),
            temperature: None,
            truncation: None,
            work: Vec::new(),
            clock: None,
            corrupted: Vec::new(),
            zero: Vec::new(),
            program,
            outlined: false,
            copies: BTreeMap::new(),
            once: BTreeMap::new(),
            drawn: Vars::new(),
            dequantised: BTreeMap::new(),
            inverted: BTreeMap::new(),
            weight: None,
            outside: None,
            shared: Shared::default(),
        }
    }

    /// Gives a value out.
    pub fn output(&mut self, output: Output, v: Value) {
        self.cx.output(output, v);
    }

    /// The finished program.
    pub(super) fn finish(self) -> Made {
        // Flows outline their loops, too, and leave the nodes that moved into them.
        let local = |n: &Node| matches!(&n.op, Op::Input(i) if i.role == Role::Local);
        let outlined = self.outlined || self.cx.g.nodes.iter().any(local);
        let g = if outlined { sweep(&self.cx.g) } else { self.cx.g };
        let g = sound(&self.program, g);
        (self.program, g)
    }

    /// `[B, ..event]` at the current batch.
    pub fn shape(&self, event: &[usize]) -> Shape {
        let event = event.iter().map(|&n| Dim::fixed(n));
        Shape(std::iter::once(self.batch).chain(event).collect())
    }

    /// Does something with every datum repeated `k` times: the batch axis is `k` times as long, repetition outermost, and all values are
    /// computed anew.
    pub fn repeated<R>(&mut self, k: usize, f: impl FnOnce(&mut Self) -> R) -> R {
        let (batch, shared) = (self.batch, std::mem::take(&mut self.shared));
        self.batch = Dim { n: k * batch.n, batch: true };
        let r = f(self);
        (self.batch, self.shared) = (batch, shared);
        r
    }

    /// Sum of `[B]` values; zeros where there are none.
    pub fn total(&mut self, all: &[Value]) -> Value {
        match all.split_first() {
            Some((first, rest)) => rest.iter().fold(*first, |a, b| self.cx.add(a, *b)),
            None => {
                let shape = self.shape(&[]);
                self.cx.full(0.0, shape)
            }
        }
    }

    /// A model or guide by index.
    pub fn model(&self, i: usize) -> &'t TModel {
        match self.typed.models.get(i) {
            Some(m) => m,
            None => panic!("internal: model {i} is missing"),
        }
    }

    fn flow(&self, i: usize) -> &'t TFlow {
        match self.typed.flows.get(i) {
            Some(f) => f,
            None => panic!("internal: flow {i} is missing"),
        }
    }
}
