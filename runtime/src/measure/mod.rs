//! Numbers about a trained model, each with how far it can be trusted.
//!
//! Enter at [`evaluate()`]; [`health()`] says what the numbers of the latent sites mean.

pub mod between;
pub mod bounds;
pub mod budget;
pub mod classes;
pub mod completion;
pub mod coverage;
pub mod critics;
pub mod features;
pub mod finite;
pub mod game;
pub mod goals;
pub mod health;
pub mod latent;
pub mod marginals;
pub mod means;
pub mod metric;
pub mod narrow;
pub mod principal;
pub mod psis;
pub mod round;
pub mod samples;
pub mod scores;
pub mod verdict;

pub use budget::{Budget, GLANCE, full, glance};
pub use classes::posteriors;
pub use finite::not_finite;
pub use samples::draw;
pub use scores::{Record, Score, Trust};

use crate::exec::ExecError;
use crate::session::Session;
use crate::session::repeats::Repeats;
use bounds::{bound, kl_of_sites, losses};
use gmc_compiler::derive::{NumberKind, Output, Program, Question};
use latent::LatentReport;
use metric::LogDensity;

/// Evaluates on the test part: the model that is asked, or each of several that could be.
///
/// # Errors
/// What running a program reports.
pub fn evaluate(s: &mut Session, seed: u64, budget: Budget) -> Result<Vec<Score>, ExecError> {
    let mut scores = Vec::new();
    let most = budget.examples;
    s.infer_test(most, seed)?;
    let models = s.measured();
    let several = models.len() > 1;
    // Of several models each number says of which it is.
    let named = |scores: Vec<Score>, model: &Option<String>| match model {
        Some(m) if several => scores.into_iter().map(|score| score.of(m)).collect(),
        Some(_) | None => scores,
    };
    if s.test_examples().min(most) > 0 {
        let caveats: Vec<String> = s.repeats().iter().map(Repeats::caveat).collect();
        for m in &models {
            let found = s.asking(m.clone(), |s| density(s, seed, budget))?.into_iter();
            let found = found.map(|score| match score.of_density() {
                true => Score { caveats: caveats.clone(), ..score },
                false => score,
            });
            scores.extend(named(found.collect(), m));
        }
        let payoffs = goals::payoffs(s, false, seed, budget)?;
        scores.extend(game::divergences(&s.typed, &payoffs));
        scores.extend(payoffs);
        if s.typed.models.is_empty() && s.has(&Program::Encode) {
            scores.push(goals::active_part(s, seed, most)?);
        }
        if s.has(&Program::LossCorrupted) {
            scores.extend(goals::payoffs(s, true, seed, budget)?);
        }
    }
    for m in &models {
        scores.extend(named(s.asking(m.clone(), |s| of_draws(s, seed, budget))?, m));
    }
    if budget.samples > 0 && s.has(&Program::Agreement) {
        scores.extend(samples::agreement(s, seed)?);
    }
    Ok(scores)
}

/// Classes by Bayes' rule, and how samples lie on the modes of the data.
fn of_draws(s: &mut Session, seed: u64, budget: Budget) -> Result<Vec<Score>, ExecError> {
    let mut scores = Vec::new();
    // Glances are for curves: Bayes' rule costs as many evaluations as there are classes.
    if budget.examples > GLANCE.examples
        && let Some(p) = posteriors(s, seed, budget.examples, budget.posterior)?
    {
        scores.extend(p.scores());
    }
    if budget.samples > 0 {
        scores.extend(samples::modes(s, seed, budget.samples)?);
        scores.extend(game::distance(s, seed, budget.samples)?);
        scores.extend(game::evenness(s, seed)?);
    }
    Ok(scores)
}

/// The log-density of the test part, exact or as a bound with its parts; nothing where the model has none.
fn density(s: &mut Session, seed: u64, budget: Budget) -> Result<Vec<Score>, ExecError> {
    let Ok(answer) = s.answer(Question::Density).cloned() else { return Ok(Vec::new()) };
    if answer.is_bound() {
        let n = s.test_examples().min(budget.examples);
        return bound(s, &answer.program, seed, budget, n);
    }
    let log = means::means(s, &answer.program, seed, budget.examples)?.get(&Output::LogProb);
    let scores = losses(s, LogDensity::Exact, -log.value, Trust::bound(1, log.error));
    Ok(match answer.number {
        Some(NumberKind::LowerBound) => scores,
        Some(NumberKind::Exact | NumberKind::Estimate) | None => {
            scores.into_iter().map(Score::exactly).collect()
        }
    })
}

/// The health of the latent sites of a model with a bound, or with a goal that writes their KL out: what was
/// measured, and what it gives reason to say. KL is that of the same examples and draws as the scores.
///
/// # Errors
/// What running a program reports.
pub fn health(s: &mut Session, seed: u64, budget: Budget) -> Result<Vec<LatentReport>, ExecError> {
    let mut reports = Vec::new();
    for m in s.measured() {
        reports.extend(s.asking(m, |s| {
            let bound = s.answer(Question::Density).ok().filter(|a| a.is_bound());
            let Some(program) = bound.map(|a| a.program.clone()) else { return Ok(Vec::new()) };
            latents(s, &program, false, (seed, budget))
        })?);
    }
    let written = s.compiled.programs.names().find(|p| matches!(p, Program::Kl(_))).cloned();
    if let (true, Some(program)) = (reports.is_empty(), written) {
        reports = latents(s, &program, true, (seed, budget))?;
    }
    Ok(reports)
}

/// What else than the latent sites has gone wrong: densities that have become too narrow, units of a code that carry nothing; a sentence
/// each.
///
/// # Errors
/// What running a program reports.
pub fn advice(s: &mut Session, seed: u64, budget: Budget) -> Result<Vec<String>, ExecError> {
    let mut all = narrow::narrow(s)?;
    all.extend(goals::idle(s, seed, budget.examples)?);
    all.extend(verdicts(s, seed, budget)?);
    Ok(all)
}

/// What is going wrong in a game, a sentence each.
///
/// # Errors
/// What running a program reports.
pub fn verdicts(s: &mut Session, seed: u64, budget: Budget) -> Result<Vec<String>, ExecError> {
    let sides = game::sides(s, seed)?;
    if sides.is_empty() {
        return Ok(Vec::new());
    }
    let payoffs = match s.test_examples() {
        0 => Vec::new(),
        _ => goals::payoffs(s, false, seed, Budget { errors: false, ..budget })?,
    };
    let divergences = game::divergences(&s.typed, &payoffs);
    let beside = game::beside(s, seed)?;
    Ok(verdict::words(&sides, &divergences, beside.as_ref()))
}

/// The latent sites whose KL a program gives; `written`: it stands in a goal, and in no bound.
fn latents(
    s: &mut Session,
    program: &Program,
    written: bool,
    (seed, budget): (u64, Budget),
) -> Result<Vec<LatentReport>, ExecError> {
    let kl = kl_of_sites(s, program, seed, budget.examples)?;
    let kl = kl.into_iter().map(|(site, found)| (site, found.kl)).collect();
    health::measure(s, kl, written, budget.examples, seed)
}
