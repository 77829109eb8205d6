//! From a typed spec to programs: one training step per player, and one program for each query the model can answer.
//!
//! Enter at [`derive`]. Programs exchange tensors by name:
//!
//! | program | inputs | outputs |
//! |---|---|---|
//! | `init` | none | `param:PATH`, `state:PATH` |
//! | `step.PLAYER` | params, states, slots `opt.PLAYER.SLOT.PATH`, `ema.PATH`, data, scalars `schedule.N`, `update`; blocks and their slots | `param:..`, `state:..` (slots and averages included), `block:..`, `loss`, `term:NAME` |
//! | `infer` | params, states, data, blocks and their slots `opt.infer.SLOT.PATH`, scalars `update`, `rate` | `block:..` |
//! | `loss` | params, states, data, scalars | `payoff:PLAYER`, `term:NAME` |
//! | `sample.MODEL` | params, states, conditions | `site:NAME`, `mean:NAME` |
//! | `log_prob.MODEL` | params, states, data | `log_prob` `[B]` |
//! | `bound.MODEL` | params, states, data | `elbo`, `log_weight`, `reconstruction`, `kl` `[B]`; for each latent site `kl_dim:SITE` `[B, ..]`, or `kl_site:SITE` `[B]` where the KL has no parts |
//! | `encode` | params, states, data | `code:NAME` |
//! | `reconstruct` | params, states, data | `site:NAME` |
//!
//! A program that reads a guide `q[x]` also has the blocks of the minibatch's data as inputs (`q.free0`, `[B, ..]`, see [`blocks`]).

pub mod blocks;
pub mod bound;
pub mod estimate;
pub mod kl;
pub mod lower;
pub mod math;
pub mod nets;
pub mod programs;

use crate::diag::Diag;
use crate::ir::{Graph, optimise, schedule};
use crate::rows::Init;
use crate::types::Typed;
use std::collections::BTreeMap;

/// A tensor that lives between steps.
#[derive(Clone)]
pub struct Leaf {
    /// Its path: `decode.0.weight`.
    pub path: String,
    /// Its axes.
    pub shape: Vec<usize>,
    /// Trained, or kept as state.
    pub trainable: bool,
    /// Its initial value.
    pub init: Init,
}

/// How much a number says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberKind {
    /// The value itself.
    Exact,
    /// A lower bound of a log-density.
    LowerBound,
    /// A Monte Carlo estimate.
    Estimate,
}

impl NumberKind {
    /// In a word or two.
    pub fn text(self) -> &'static str {
        match self {
            NumberKind::Exact => "exact",
            NumberKind::LowerBound => "lower bound",
            NumberKind::Estimate => "estimate",
        }
    }
}

/// A question, and whether this spec answers it.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// `density`, `sample`, `encode`, `reconstruct`.
    pub name: &'static str,
    /// The program that answers, with the kind of number where it is one.
    pub answer: Result<(String, Option<NumberKind>), String>,
}

/// Everything that running a spec takes.
pub struct Compiled {
    /// Parameters and states.
    pub leaves: Vec<Leaf>,
    /// What guides `q[x]` hold for each datum.
    pub blocks: Vec<blocks::Block>,
    /// Programs before optimisation, by name.
    pub graphs: BTreeMap<String, Graph>,
    /// Programs as they run, by name; empty before [`Compiled::optimise`].
    pub programs: BTreeMap<String, Graph>,
    /// What can be asked.
    pub queries: Vec<Query>,
    /// Warnings and errors that need the graph.
    pub diags: Vec<Diag>,
}

/// Derives and optimises all programs of a checked spec.
pub fn derive(typed: &Typed) -> Compiled {
    let mut c = graphs(typed);
    c.optimise(typed);
    c
}

/// Derives all programs of a checked spec, as they are before optimisation.
pub fn graphs(typed: &Typed) -> Compiled {
    programs::all(typed)
}

impl Compiled {
    /// Makes the programs as they run.
    pub fn optimise(&mut self, typed: &Typed) {
        let ready = |g: &Graph| schedule::lower_peak(&optimise::optimise(g), typed.train.batch);
        self.programs = self.graphs.iter().map(|(n, g)| (n.clone(), ready(g))).collect();
    }
}
