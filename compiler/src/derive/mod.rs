//! From a typed spec to programs: one training step per player, and one program for each query the model can answer.
//!
//! Enter at [`fn@derive`]. Programs exchange tensors by name ([`program`] and [`signature`] hold all names):
//!
//! | program | inputs | outputs |
//! |---|---|---|
//! | `init` | none | `param:PATH`, `state:PATH` |
//! | `step.PLAYER` | params, states, slots `@opt.PLAYER.SLOT.PATH`, `@ema.PATH`, data, scalars `@schedule.N`, `@update`; parameters per datum and their slots | `param:..`, `state:..` (slots and averages included), `per_datum:..`, `loss`, `term:NAME` |
//! | `infer` | params, states, data, parameters per datum and their slots `@opt.@infer.SLOT.PATH`, scalars `@update`, `@rate` | `per_datum:..` |
//! | `loss` | params, states, data, scalars | `payoff:PLAYER`, `term:NAME` |
//! | `sample.MODEL` | params, states, conditions | `site:NAME`, `mean:NAME` |
//! | `log_prob.MODEL` | params, states, data | `log_prob` `[B]` |
//! | `bound.MODEL` | params, states, data | `elbo`, `log_weight`, `reconstruction`, `kl` `[B]`; for each latent site `kl_dim:SITE` `[B, ..]`, or `kl_site:SITE` `[B]` where the KL has no parts |
//! | `kl.MODEL` (where a goal writes it out and no bound has it) | params, states, data | `kl_dim:SITE` or `kl_site:SITE` |
//! | `encode` | params, states, data | `code:NAME` |
//! | `reconstruct` | params, states, data | `site:NAME` |
//!
//! A program that reads a guide `q[x]` also has the rows of the minibatch's data as inputs (`q.free0`, `[B, ..]`, see [`per_datum`]).

pub mod bound;
pub mod kl;
pub mod lower;
pub mod nets;
mod objective;
mod params;
pub mod per_datum;
pub mod program;
mod programs;
pub mod query;
mod score;
pub mod signature;

use crate::diag::Diag;
use crate::ir::outline::Work;
use crate::ir::{Graph, optimise, schedule};
use crate::rows::setting::Batch;
use crate::rows::{Init, Looped};
use crate::types::Typed;
pub use params::meant;
pub use program::{Altered, Program, Programs};
pub use programs::altered::givable;
pub use programs::classify::class_site;
pub use programs::decode::{Decoded, Decoder};
pub use programs::net::{FEATURES, net};
pub use programs::slope::slope;
pub use programs::terms::bounds;
pub use programs::widths::{Width, parameter, widths};
pub use query::{Answer, NumberKind, Query, Question};
pub use signature::{INFER, Input, Output};
use std::rc::Rc;

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
    /// What it is for ever, where it comes from a file.
    pub given: Option<Rc<[f32]>>,
}

impl Leaf {
    /// Whether it belongs to this net, flow or param.
    pub fn belongs(&self, owner: &str) -> bool {
        params::belongs(&self.path, owner)
    }
}

/// Everything that running a spec takes.
pub struct Compiled {
    /// Parameters and states.
    pub leaves: Vec<Leaf>,
    /// What guides `q[x]` hold for each datum.
    pub per_datum: Vec<per_datum::PerDatum>,
    /// Programs before optimisation.
    pub graphs: Programs,
    /// Programs as they run; empty before [`Compiled::optimise`].
    pub programs: Programs,
    /// What can be asked: of no model by name, and of each model.
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
    let mut c = judged(typed);
    c.complete(typed);
    c
}

/// Derives the programs in which a spec can still be found wrong, and no others.
pub fn judged(typed: &Typed) -> Compiled {
    programs::judged(typed)
}

/// The program that draws from a model, as it runs: what each place of a site in an order needs (`by_place`), or everything at each place,
/// which gives the same. `None` where there is no such model.
pub fn sampler(typed: &Typed, model: &str, by_place: bool) -> Option<Graph> {
    let g = programs::sampler(typed, model, by_place)?;
    Some(schedule::lower_peak(&optimise::optimise(&g), Batch::of(&typed.train.settings)))
}

/// The program that scores data by the exact density of a model, as it runs, with the loops of its flows as in [`sampler`], and what they do.
/// `None` where the model has no exact density.
pub fn scorer(typed: &Typed, model: &str, by_place: bool) -> Option<(Graph, Vec<Looped>)> {
    let (g, looped) = programs::scorer(typed, model, by_place)?;
    Some((schedule::lower_peak(&optimise::optimise(&g), Batch::of(&typed.train.settings)), looped))
}

/// What the loops of flows do where a model is drawn from.
pub fn looped_draws(typed: &Typed, model: &str) -> Vec<Looped> {
    programs::looped_draws(typed, model)
}

/// A program that draws, with draws that are made otherwise than the model says.
///
/// # Errors
/// What of the model does not go with that.
pub fn altered(typed: &Typed, program: &Program, how: &Altered) -> Result<Graph, String> {
    let g = programs::altered::graph(typed, program, how)?;
    Ok(schedule::lower_peak(&optimise::optimise(&g), Batch::of(&typed.train.settings)))
}

/// The program that makes data of these codes, as it runs (see [`Decoder`]): hidden variables of a model, or where no model has any the code of an
/// autoencoder.
///
/// # Errors
/// Names that are no hidden variables, or that depend on others that are not given; nothing that decodes.
pub fn decoder(
    typed: &Typed,
    model: Option<&str>,
    codes: &[String],
    as_: Decoded,
) -> Result<Decoder, String> {
    let made = programs::decode::decoder(typed, model, codes, as_)?;
    let graph = schedule::lower_peak(&optimise::optimise(&made.graph), Batch::of(&typed.train.settings));
    Ok(Decoder { graph, ..made })
}

/// What drawing from a model does at each place of its sites in an order, by the name of the site.
pub fn work(typed: &Typed, model: &str) -> Vec<(String, Work)> {
    programs::work(typed, model)
}

impl Compiled {
    /// What answers a question that is put to no model by name.
    ///
    /// # Errors
    /// Why nothing does.
    pub fn answer(&self, question: Question) -> Result<&Answer, &str> {
        self.answer_of(question, None)
    }
    /// What answers a question that is put to this model.
    ///
    /// # Errors
    /// Why nothing does.
    pub fn answer_of(&self, question: Question, model: Option<&str>) -> Result<&Answer, &str> {
        let put = |q: &&Query| q.question == question && q.model.as_deref() == model;
        match self.queries.iter().find(put).map(|q| &q.answer) {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(why)) => Err(why),
            None => Err("there is no such model"),
        }
    }
    /// Adds the programs that [`judged`] leaves out.
    pub fn complete(&mut self, typed: &Typed) {
        self.graphs.extend(programs::others(typed, &self.leaves));
    }
    /// Makes the programs as they run.
    pub fn optimise(&mut self, typed: &Typed) {
        let ready =
            |g: &Graph| schedule::lower_peak(&optimise::optimise(g), Batch::of(&typed.train.settings));
        let made = self.graphs.iter().map(|(n, g)| (n.clone(), program::sound(n, ready(g))));
        self.programs = made.collect();
    }
}
