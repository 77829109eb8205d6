//! `gmc eval` and `gmc classify`, and how scores are said.

use super::args::{RunArg, Which};
use super::ask::{answerable, asked_about, infer, samples_each};
use super::kept::open;
use super::output::{Form, form};
use crate::console::{Messages, note, say};
use crate::failure::Failure;
use crate::measure::classes::Posteriors;
use crate::measure::latent::LatentReport;
use crate::measure::scores::{Score, TEST};
use crate::measure::{self, Budget, evaluate, posteriors};
use crate::session::Session;
use crate::show::table;
use crate::store::atomic_write;
use crate::store::weights::fitted;
use gmc_compiler::derive::Question;
use gmc_compiler::diag::render::Format;
use std::fmt::Write;
use std::path::Path;

/// `gmc eval`
pub fn eval(
    r: &RunArg,
    k: Option<usize>,
    examples: Option<usize>,
    part: Which,
    m: Messages,
) -> Result<(), Failure> {
    let (_, mut s) = open(r, m, |s| Ok(s.all_data()))?;
    if part == Which::Valid && s.sets.iter().all(|set| set.valid.n == 0) {
        return Err(Failure::new("the data have no validation part")
            .help("give them one: `data .. from .. split (train 0.8, valid 0.1, test 0.1)`"));
    }
    for set in &mut s.sets {
        match part {
            Which::Train => set.test = set.train.clone(),
            Which::Valid => set.test = set.valid.clone(),
            Which::Test => {}
        }
    }
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
    scores.iter_mut().filter(|s| s.part == TEST).for_each(|s| s.part = part.name().into());
    say_scores(&scores, m)?;
    for (name, values) in fitted(&s.typed, |name| s.tensors.get(name).map(|t| t.to_f32())) {
        note(&format!("param {name}: {values}\n"));
    }
    tell_of_no_test(&s);
    tell(&measure::health(&mut s, r.seed, budget)?);
    tell_advice(&mut s, r.seed, budget)?;
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
    if s.test_examples() == 0 {
        let n = s.train_examples();
        note(&format!(
            "note: nothing was measured on test examples, for there are none: all {n} of the data are trained on\n  = help: of two examples or \
             more some are kept for testing, a tenth or what `split (test 0.2)` after the source says\n"
        ));
    }
}

/// `gmc classify`
pub fn classify(
    r: &RunArg,
    k: Option<usize>,
    examples: Option<usize>,
    out: Option<&Path>,
    m: Messages,
) -> Result<(), Failure> {
    form(out, &[Form::Csv])?;
    let (_, mut s) = open(r, m, |s| asked_about(s, Question::Classify))?;
    answerable(&s, Question::Classify)?;
    let k = samples_each(&s, k)?.unwrap_or(measure::full(&s).posterior);
    let Some(p) = posteriors(&mut s, r.seed, examples.unwrap_or(usize::MAX), k)? else {
        return Err(Failure::new("nothing to classify"));
    };
    if let Some(path) = out {
        atomic_write(path, posterior_table(&p).as_bytes())?;
    }
    if m.format != Format::Json {
        let beware = if p.caveats.is_empty() { "" } else { ", but see below" };
        say(&format!("posterior from densities that are {}{beware}\n", p.trust.describe()))?;
    }
    say_scores(&p.scores(), m)
}

/// The true class, the decision and the posterior of every example, as CSV.
fn posterior_table(p: &Posteriors) -> String {
    let mut text = String::from("truth,decision");
    (0..p.classes).for_each(|c| {
        let _ = write!(text, ",p{c}");
    });
    text.push('\n');
    for ((row, d), t) in p.log.chunks(p.classes.max(1)).zip(p.decisions()).zip(&p.truth) {
        let _ = write!(text, "{t},{d}");
        for l in row {
            let _ = write!(text, ",{}", l.exp());
        }
        text.push('\n');
    }
    text
}
