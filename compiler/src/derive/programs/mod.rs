//! The programs of a spec: one file a kind of program, each with the refusal of the question that it would answer.

mod agreement;
pub mod altered;
mod asked;
mod autoencoder;
mod behind;
pub(super) mod classify;
mod complete;
mod critics;
pub mod decode;
mod denoise;
mod density;
mod encode;
mod eval;
mod infer;
mod influence;
mod init;
mod kl;
mod loss;
pub mod net;
mod reconstruct;
mod sample;
pub mod slope;
mod start;
mod step;
pub(crate) mod terms;
mod trained;
mod update;
pub mod widths;

use super::program::{Made, Program};
use super::{Compiled, Leaf, params, per_datum};
use crate::ir::outline::Work;
use crate::ir::{Graph, Op, Role};
use crate::rows::Looped;
use crate::types::{Density, TModel, Typed};
use std::collections::BTreeSet;

/// The program that draws from the model of this name.
pub fn sampler(typed: &Typed, model: &str, by_place: bool) -> Option<Graph> {
    let m = models(typed).into_iter().find(|(_, m)| m.name == model)?;
    Some(sample::by(typed, m, by_place).1)
}

/// What the program that draws from the model of this name does at each place of its sites in an order.
pub fn work(typed: &Typed, model: &str) -> Vec<(String, Work)> {
    let m = models(typed).into_iter().find(|(_, m)| m.name == model);
    m.map_or(Vec::new(), |m| sample::work(typed, m))
}

/// What the loops of flows do in the program that draws from the model of this name.
pub fn looped_draws(typed: &Typed, model: &str) -> Vec<Looped> {
    let m = models(typed).into_iter().find(|(_, m)| m.name == model);
    m.map_or(Vec::new(), |m| sample::looped(typed, m))
}

/// The program that scores data by the exact density of the model of this name, and what the loops of flows do in it. `None` where it has
/// none.
pub fn scorer(typed: &Typed, model: &str, by_place: bool) -> Option<(Graph, Vec<Looped>)> {
    let m = models(typed).into_iter().find(|(_, m)| m.name == model)?;
    let exact = matches!(m.1.density, Density::Exact { .. });
    exact.then(|| density::by(typed, m, by_place)).map(|((_, g), looped)| (g, looped))
}

/// A model, with its index among models and guides.
type Model<'t> = (usize, &'t TModel);

/// The models of a spec, with their index among models and guides.
fn models(typed: &Typed) -> Vec<Model<'_>> {
    typed.models.iter().enumerate().filter(|(_, m)| !m.guide).collect()
}

/// The programs that can be refused, before optimisation: the steps, and what answers questions. All that can be wrong with a spec shows here.
pub fn judged(typed: &Typed) -> Compiled {
    let leaves = params::leaves(typed);
    debug_assert!(
        leaves.iter().map(|l| &l.path).collect::<BTreeSet<_>>().len() == leaves.len(),
        "internal: two parameters have one path"
    );
    let mut of_steps = step::Judged::default();
    let mut graphs: Vec<Made> =
        typed.train.players.iter().map(|p| step::program(typed, p, &leaves, &mut of_steps)).collect();
    let queries = asked::queries(typed, &leaves, &of_steps.trained, &mut graphs);
    let mut diags = of_steps.diags;
    diags.extend(eval::unanswered(typed, &queries));
    Compiled {
        leaves,
        per_datum: per_datum::all(typed),
        graphs: graphs.into_iter().collect(),
        programs: super::Programs::default(),
        queries,
        diags,
    }
}

/// The programs that every spec with a right to [`judged`] has: they take most of the time of large flows, whose samples are unrolled.
pub fn others(typed: &Typed, leaves: &[Leaf]) -> Vec<Made> {
    let mut graphs = vec![init::program(leaves)];
    graphs.push(loss::program(typed, Program::Loss));
    if loss::corrupts(typed) {
        graphs.push(loss::program(typed, Program::LossCorrupted));
    }
    graphs.extend(infer::program(typed));
    graphs.extend(typed.models.iter().enumerate().find_map(|m| start::program(typed, m)));
    let models = models(typed);
    graphs.extend(models.iter().map(|m| sample::program(typed, *m)));
    graphs.extend(denoise::program(typed));
    graphs.extend(kl::program(typed));
    graphs.extend(agreement::program(typed));
    graphs.extend(critics::program(typed));
    graphs
}

/// Rows of two data items are not pairs: a program that reads both has no answer about an example.
fn paired(typed: &Typed, g: &Graph) -> Result<(), String> {
    let read = g.iter().filter_map(|(_, node)| {
        if let Op::Input(input) = &node.op
            && input.role == Role::Data
        {
            Some(&input.name)
        } else {
            None
        }
    });
    typed.paired(read).map_err(|(one, other)| {
        format!(
            "`{one}` and `{other}` are two data items, whose rows are not pairs: write `data ({one}, {other}) from ..` where they belong together"
        )
    })
}
