//! `gmc eval`, and how scores are said.

use super::args::{RowsArg, RunArg};
use super::ask::{infer, samples_each};
use super::kept::open_on;
use crate::console::{Messages, note, say};
use crate::failure::Failure;
use crate::measure::features::features;
use crate::measure::latent::LatentReport;
use crate::measure::scores::Score;
use crate::measure::{self, Budget, evaluate, psis};
use crate::session::Session;
use crate::session::data::TEST;
use crate::show::table;
use crate::store::weights::fitted;
use gmc_compiler::diag::render::Format;

/// `gmc eval`
pub fn eval(
    r: &RunArg,
    rows: &RowsArg,
    k: Option<usize>,
    examples: Option<usize>,
    m: Messages,
) -> Result<(), Failure> {
    let (_, mut s) = open_on(r, Some(rows), m, |s| Ok(s.all_data().into()))?;
    let full = measure::full(&s);
    let k = samples_each(&s, k)?;
    let budget = Budget {
        examples: examples.unwrap_or(full.examples),
        k: k.unwrap_or(full.k),
        posterior: k.unwrap_or(full.posterior),
        ..full
    };
    infer(&mut s, budget.examples, r.seed)?;
    let mut scores = evaluate(&mut s, r.seed, budget)?;
    let tails = psis::tails(&mut s, r.seed, budget)?;
    for of in &tails {
        let found = of.scores();
        scores.extend(found.into_iter().map(|score| match &of.model {
            Some(m) => score.of(m),
            None => score,
        }));
    }
    scores.extend(features(&mut s, r.seed)?);
    scores.iter_mut().filter(|s| s.part == TEST).for_each(|score| score.part = s.about.name().into());
    say_scores(&scores, m)?;
    for (name, values) in fitted(&s.typed, |name| s.tensors.get(name).map(|t| t.to_f32())) {
        note(&format!("param {name}: {values}\n"));
    }
    tell_of_no_test(&s);
    tell(&measure::health(&mut s, r.seed, budget)?);
    tails.iter().for_each(|of| note(&format!("health: {}\n", of.words())));
    // What went wrong in training is told by what it was trained on.
    if rows.data.is_none() {
        tell_advice(&mut s, r.seed, budget)?;
    }
    match measure::not_finite(&mut s, r.seed, budget, &scores)? {
        Some(wrong) => Err(wrong),
        None => Ok(()),
    }
}

/// Prints numbers with their kind: in columns, or an object a line for programs.
///
/// # Errors
/// Standard output that cannot be written to.
pub fn say_scores(scores: &[Score], m: Messages) -> Result<(), Failure> {
    match m.format {
        Format::Human | Format::Short => say(&table::of_scores(scores)),
        Format::Json => say(&table::json_of_scores(scores)),
    }
}

/// Says on standard error what was found about the latent sites, and what is wrong with them.
pub fn tell(health: &[LatentReport]) {
    for site in health {
        note(&format!("health: {}\n", site.facts()));
        if let Some(words) = site.words() {
            note(&format!("health: {words}\n"));
        }
    }
}

/// Says on standard error which densities have become too narrow, and which units of a code carry nothing.
///
/// # Errors
/// What running a program reports.
pub fn tell_advice(s: &mut Session, seed: u64, budget: Budget) -> Result<(), Failure> {
    measure::advice(s, seed, budget)?.iter().for_each(|words| note(&format!("health: {words}\n")));
    Ok(())
}

/// Says on standard error where there is nothing to measure on, and why.
pub fn tell_of_no_test(s: &Session) {
    if s.test_examples() == 0 && !s.typed.data.is_empty() {
        let n = s.train_examples();
        note(&format!(
            "note: nothing was measured on test examples, for there are none: all {n} of the data are trained on\n  = help: of two examples or \
             more some are kept for testing, a tenth or what `split (test 0.2)` after the source says\n"
        ));
    }
}
