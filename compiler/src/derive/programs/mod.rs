//! The programs of a spec: one file a kind of program, each with the refusal of the question that it would answer.

mod agreement;
mod autoencoder;
pub(super) mod classify;
mod denoise;
mod density;
mod encode;
mod eval;
mod infer;
mod influence;
mod init;
mod loss;
mod reconstruct;
mod sample;
mod start;
mod step;
mod terms;
mod update;

use super::{Answer, Compiled, Leaf, Program, Query, Question, params, per_datum};
use crate::ir::{Graph, Op, Role, verify};
use crate::types::{TModel, Typed};

/// A program and its graph.
pub(super) type Made = (Program, Graph);

/// A program as it was made. In debug and test builds it is verified.
///
/// # Panics
/// When it breaks an invariant of the verifier: a bug of the compiler.
pub(super) fn sound(program: &Program, g: Graph) -> Graph {
    if cfg!(any(test, debug_assertions))
        && let Err(broken) = verify(&g)
    {
        let all: Vec<String> = broken.iter().map(ToString::to_string).collect();
        panic!("internal: program `{program}` is broken: {}", all.join("; "));
    }
    g
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
        leaves.iter().enumerate().all(|(i, l)| leaves.iter().take(i).all(|m| m.path != l.path)),
        "internal: two parameters have one path"
    );
    let mut diags = Vec::new();
    let mut graphs: Vec<Made> =
        typed.train.players.iter().map(|p| step::program(typed, p, &leaves, &mut diags)).collect();
    let models = models(typed);
    let queries = queries(typed, &models, &mut graphs);
    diags.extend(eval::unanswered(typed, &models, &queries));
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
    graphs.extend(agreement::program(typed, &models));
    graphs
}

/// Rows of two data items are not pairs: a program that reads both has no answer about an example.
fn paired(typed: &Typed, g: &Graph) -> Result<(), String> {
    let read = g.iter().filter_map(|(_, node)| match &node.op {
        Op::Input(input) if input.role == Role::Data => Some(&input.name),
        _ => None,
    });
    typed.paired(read).map_err(|(one, other)| {
        format!(
            "`{one}` and `{other}` are two data items, whose rows are not pairs: write `data ({one}, {other}) from ..` where they belong together"
        )
    })
}

/// What can be asked, in the order in which it is listed; adds the programs that answer.
fn queries(typed: &Typed, models: &[Model<'_>], graphs: &mut Vec<Made>) -> Vec<Query> {
    let mut keep = |made: Result<Made, String>| {
        let (program, graph) = made?;
        paired(typed, &graph)?;
        graphs.push((program.clone(), graph));
        Ok(program)
    };
    let density = density::query(typed, models)
        .and_then(|(made, number)| Ok(Answer { program: keep(Ok(made))?, number: Some(number) }));
    let encode = keep(encode::query(typed, models)).map(Answer::of);
    let reconstruct = keep(reconstruct::query(typed, models)).map(Answer::of);
    let classify = classify::query(models, &density);
    let query = |question, answer| Query { question, answer };
    vec![
        query(Question::Sample, sample::query(models)),
        query(Question::Density, density),
        query(Question::Classify, classify),
        query(Question::Encode, encode),
        query(Question::Reconstruct, reconstruct),
    ]
}
