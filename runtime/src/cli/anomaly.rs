//! Which rows are unlike the data: their densities against those of another run, and against what is usual under the model itself.

use super::args::{RowsArg, RunArg, Which};
use super::ask::{asked_about, infer};
use super::densities::{LogDensities, log_densities};
use super::kept::open_on;
use crate::console::Messages;
use crate::failure::Failure;
use crate::measure::scores::{standard_error, two_digits};
use crate::session::Session;
use crate::session::rows::Needs;
use gmc_compiler::derive::Question;
use std::path::Path;

/// How many rows are looked at to say what is usual.
const REFERENCE: usize = 2000;

/// A number for each row, and a sentence about all of them.
pub struct Judged {
    /// Columns: names, and the numbers row by row.
    pub columns: Vec<(&'static str, Vec<f64>)>,
    /// The sentence.
    pub said: String,
}

/// log p(x) less the log-density of the same rows under the model of another run: of data that both models find easy or hard for the same reasons, such as
/// a plain background, the difference is left (Ren et al. 2019).
///
/// # Errors
/// A run that has no density, or one of other variables.
pub fn against(
    (r, k): (&RunArg, Option<usize>),
    run: &Path,
    (s, own): (&Session, &LogDensities),
    m: Messages,
) -> Result<Judged, Failure> {
    let other = RunArg { run: run.into(), device: r.device, seed: r.seed, model: None, infer_steps: None };
    let mut names = Vec::new();
    let (_, mut t) = open_on(&other, None, m, |t| {
        names = asked_about(t, Question::Density)?;
        Ok(Needs::default())
    })?;
    t.same_rows(s, &names)
        .map_err(|why| Failure::new(format!("{}: {why}", run.display())).at("open", run))?;
    infer(&mut t, usize::MAX, r.seed)?;
    let theirs = log_densities(&mut t, k, r.seed)?;
    let ratio: Vec<f64> = own.values.iter().zip(&theirs.values).map(|(a, b)| a - b).collect();
    let mean = ratio.iter().sum::<f64>() / ratio.len().max(1) as f64;
    let error =
        standard_error(ratio.iter().copied()).map_or(String::new(), |e| format!(" ± {}", two_digits(e)));
    let kind = match own.exact && theirs.exact {
        true => "exact",
        false => "a difference with bounds in it, which is no bound",
    };
    let said = format!(
        "log-density less that of {} of {}: mean {mean:.4}{error} nats, {kind}\n",
        run.display(),
        s.about.count(ratio.len())
    );
    Ok(Judged { columns: vec![("log_ratio", ratio)], said })
}

/// How far the log-density of each row lies from its mean over rows of the run's own, in nats, and the share of those that lie as far (Nalisnick et al. 2019:
/// what is too probable is as odd as what is too improbable). Rows of a file are held against the test part, those of the test part against what was
/// trained on.
///
/// # Errors
/// Data of the run that are not there.
pub fn typicality(
    (r, k): (&RunArg, Option<usize>),
    rows: &RowsArg,
    (s, own): (&Session, &LogDensities),
    m: Messages,
) -> Result<Judged, Failure> {
    let part = match (&rows.data, rows.part) {
        (Some(_), _) | (None, Which::Train | Which::Valid) => Which::Test,
        (None, Which::Test) => Which::Train,
    };
    let of = RowsArg { data: None, part };
    let (_, mut t) = open_on(r, Some(&of), m, |t| Ok(asked_about(t, Question::Density)?.into()))?;
    t.keep_first(REFERENCE);
    infer(&mut t, usize::MAX, r.seed)?;
    let usual = log_densities(&mut t, k, r.seed)?.values;
    if usual.is_empty() {
        return Err(Failure::new("the run has no rows of its own to say what is usual"));
    }
    let n = usual.len() as f64;
    let mean = usual.iter().sum::<f64>() / n;
    let far: Vec<f64> = own.values.iter().map(|v| (v - mean).abs()).collect();
    let as_far = |d: &f64| usual.iter().filter(|u| (**u - mean).abs() >= *d).count() as f64;
    let share: Vec<f64> = far.iter().map(|d| (as_far(d) + 1.0) / (n + 1.0)).collect();
    let odd = share.iter().filter(|p| **p < 0.05).count();
    let said = format!(
        "typicality: {odd} of {} lie farther from the mean log-density, {mean:.4} nats, than 95 % of {} do\n",
        s.about.count(far.len()),
        t.about.count(usual.len())
    );
    Ok(Judged { columns: vec![("typicality", far), ("p_value", share)], said })
}
