//! Scores that are no finite numbers.

use super::budget::Budget;
use super::means::position;
use super::scores::Score;
use crate::exec::ExecError;
use crate::failure::Failure;
use crate::session::Session;
use crate::session::odd::Of;
use gmc_compiler::derive::Question;

/// How to get a finite density where there is none.
pub const FINITE: &str = "the model gives these examples no probability, or a number is too large for 32 bits: keep scales away from 0, as in \
                      `softplus(s) + 1e-3`, bring the data to a common size, or lower the learning rate";

/// What is wrong where a score is no finite number: which ones, and for how many of the examples the density
/// is not finite. `None` where all are finite.
///
/// # Errors
/// What running a program reports.
pub fn not_finite(
    s: &mut Session,
    seed: u64,
    budget: Budget,
    scores: &[Score],
) -> Result<Option<Failure>, ExecError> {
    let bad: Vec<&Score> = scores.iter().filter(|s| !s.value.0.is_finite()).collect();
    let Some(first) = bad.first() else { return Ok(None) };
    let mut names: Vec<String> = Vec::new();
    for b in &bad {
        let name = format!("`{}`", b.name);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let Broken { count, total, first: row } = broken_examples(s, seed, budget)?;
    let verb = if names.len() == 1 { "is" } else { "are" };
    let of = match count {
        0 => String::new(),
        n => format!(": the density of {n} of {total} {} examples is not", first.part),
    };
    let which = row.map(|row| format!("the first of them is {}", s.oddest(0, Of::Test, row)));
    Ok(Some(Failure::new(format!("{} {verb} not finite{of}", names.join(", "))).notes(which).help(FINITE)))
}

/// Test examples whose density is not finite.
#[derive(Default)]
struct Broken {
    count: usize,
    /// Of so many.
    total: usize,
    /// The first of them.
    first: Option<usize>,
}

/// The test examples whose density is not finite; none of none where there is no density.
fn broken_examples(s: &mut Session, seed: u64, budget: Budget) -> Result<Broken, ExecError> {
    let Ok(program) = s.answer(Question::Density).map(|a| a.program.clone()) else {
        return Ok(Broken::default());
    };
    let mut found = Broken::default();
    for (i, rows) in s.test_chunks(budget.examples).iter().enumerate() {
        let data = s.batch(true, rows);
        let mut broken = vec![false; rows.len()];
        for (_, t) in s.run(&program, rows.len(), &data, position(seed, i))? {
            let values = t.to_f32();
            if values.len() == rows.len() {
                broken.iter_mut().zip(&values).for_each(|(b, v)| *b |= !v.is_finite());
            }
        }
        let bad = || rows.iter().zip(&broken).filter(|(_, b)| **b).map(|(row, _)| *row);
        found.count += bad().count();
        found.first = found.first.or_else(|| bad().next());
        found.total += rows.len();
    }
    Ok(found)
}
