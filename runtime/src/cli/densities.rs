//! Log-densities row by row, which `gmc density` writes and anomalies are judged by.

use super::ask::OverRows;
use crate::failure::Failure;
use crate::measure::bounds::log_add;
use crate::session::Session;
use gmc_compiler::derive::{NumberKind, Output, Program, Question};
use gmc_compiler::rows::measure::Iwae;

/// Samples an example where neither the command nor the spec says how many.
const USUAL: usize = 64;

/// The log-density of each row, and what kind of number that is.
pub struct LogDensities {
    /// Nats, row by row.
    pub values: Vec<f64>,
    /// In words: `exact`, `lower bound (K = 64)`.
    pub kind: String,
    /// Whether they are the values themselves.
    pub exact: bool,
}

/// Of the rows that are asked about; of a bound with `k` samples an example.
///
/// # Errors
/// What running the program reports; no density, nothing to ask about.
pub fn log_densities(s: &mut Session, k: Option<usize>, seed: u64) -> Result<LogDensities, Failure> {
    let answer = s.answer(Question::Density).cloned().map_err(Failure::new)?;
    let k = k.or(Iwae::samples(&s.typed.eval)).unwrap_or(USUAL);
    let values = if answer.is_bound() {
        importance(s, &answer.program, seed, k)?
    } else {
        let (program, output) = (&answer.program, &Output::LogProb);
        let over = OverRows { program, output, seed, draws: seed };
        over.ask(s)?.0.iter().map(|x| f64::from(*x)).collect()
    };
    let kind = match answer.number {
        Some(NumberKind::LowerBound) if answer.is_bound() => format!("lower bound (K = {k})"),
        Some(kind) => kind.text().to_string(),
        None => "exact".to_string(),
    };
    Ok(LogDensities { values, kind, exact: answer.number.is_none_or(|n| n == NumberKind::Exact) })
}

/// log (1/K) Σ p(x, z) / q(z | x) of every row (Burda et al. 2016, eq. 8).
fn importance(s: &mut Session, program: &Program, seed: u64, k: usize) -> Result<Vec<f64>, Failure> {
    let mut logs: Vec<f64> = Vec::new();
    for i in 0..k {
        let draws = seed.wrapping_add((i as u64) << 20);
        let (w, _) = OverRows { program, output: &Output::LogWeight, seed, draws }.ask(s)?;
        match logs.is_empty() {
            true => logs = w.iter().map(|x| f64::from(*x)).collect(),
            false => logs.iter_mut().zip(w).for_each(|(l, w)| *l = log_add(*l, f64::from(w))),
        }
    }
    Ok(logs.iter().map(|l| l - (k as f64).ln()).collect())
}
