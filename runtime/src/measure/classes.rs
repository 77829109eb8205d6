//! Class by Bayes: `p(C_k | x) ∝ p(x | C_k) p(C_k)`, with the model's own class prior.

use super::bounds::log_add;
use super::metric::Metric;
use super::scores::{Score, Trust, standard_error};
use crate::exec::{ExecError, Tensor};
use crate::session::repeats::Repeats;
use crate::session::{Batch, Position, Purpose, Session};
use chacha20::ChaCha8Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use gmc_compiler::derive::class_site;
use gmc_compiler::derive::{NumberKind, Output, Program, Question};
use gmc_compiler::rows::data::MISSING;
use serde::{Deserialize, Serialize};

/// How often predictions of some confidence were right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Mean confidence, 0 to 1.
    pub confidence: f64,
    /// Share that was right, 0 to 1.
    pub right: f64,
    /// How many predictions.
    pub count: u64,
}

/// Posteriors of the test part.
pub struct Posteriors {
    /// Name of the class variable.
    pub name: String,
    /// Number of classes.
    pub classes: usize,
    /// `log p(C_k | x)`, row-major `[n, classes]`.
    pub log: Vec<f64>,
    /// The true classes; none where one is missing. Empty where the data do not hold them.
    pub truth: Vec<Option<usize>>,
    /// How far the densities behind them can be trusted.
    pub trust: Trust,
    /// What else must be known of these densities, a sentence each.
    pub caveats: Vec<String>,
}

/// Computes the posteriors of at most `most` test examples, with `k` samples an example where the density is
/// a bound. `None` where the spec has no such question.
///
/// # Errors
/// What running the density program reports.
pub fn posteriors(
    s: &mut Session,
    seed: u64,
    most: usize,
    k: usize,
) -> Result<Option<Posteriors>, ExecError> {
    let Ok(answer) = s.answer(Question::Classify).cloned() else { return Ok(None) };
    let (program, kind) = (answer.program, answer.number);
    let named = |name: &String| s.typed.models.iter().find(|m| m.name == *name);
    let model = answer.model.as_ref().and_then(named).or(s.model());
    let Some(site) = model.and_then(|m| class_site(&s.typed, m)) else {
        return Ok(None);
    };
    let (name, classes) = (site.name.clone(), site.ty.kind.cardinality().unwrap_or(0));
    // A bound of latent variables, or a density of data with the noise that dequantises them: both are means
    // over draws.
    let bound = kind == Some(NumberKind::LowerBound);
    let rounds = if bound { k.max(1) } else { 1 };
    let trust = match kind {
        Some(NumberKind::LowerBound) => Trust::bound(rounds, None),
        Some(NumberKind::Exact | NumberKind::Estimate) | None => Trust::Exact,
    };
    let caveats = s.repeats().iter().map(Repeats::caveat_of_classes).collect();
    let mut out = Posteriors { name, classes, log: Vec::new(), truth: Vec::new(), trust, caveats };
    for (i, rows) in s.test_chunks(most).iter().enumerate() {
        let mut data = s.fixed_batch(rows, seed);
        if let Some(t) = data.get(&out.name) {
            out.truth.extend(t.to_f32().iter().map(|x| (*x != MISSING).then_some(*x as usize)));
        }
        let mut joint = vec![vec![f64::NEG_INFINITY; classes]; rows.len()];
        for class in 0..classes {
            let given = Tensor::from_f32(&s.device, vec![class as f32; rows.len()], &[rows.len()]);
            data.insert(out.name.clone(), given);
            // Another class is another datum, with a block of its own.
            if !s.compiled.per_datum.is_empty() {
                s.infer(&mut data, rows.len(), seed, i as u64)?;
            }
            for sample in 0..rounds as u64 {
                let at = Position::of(Purpose::Classes { chunk: i as u64, sample }, seed);
                for (row, v) in joint.iter_mut().zip(log_density(s, &program, rows.len(), &data, at)?) {
                    if let Some(l) = row.get_mut(class) {
                        *l = log_add(*l, f64::from(v));
                    }
                }
            }
        }
        for row in joint {
            let total = row.iter().copied().fold(f64::NEG_INFINITY, log_add);
            out.log.extend(row.iter().map(|l| l - total));
        }
    }
    Ok(Some(out))
}

/// log p(x, C) of `n` examples, or a sample of its bound.
fn log_density(
    s: &mut Session,
    program: &Program,
    n: usize,
    data: &Batch,
    at: Position,
) -> Result<Vec<f32>, ExecError> {
    let outputs = s.run(program, n, data, at)?;
    let density = outputs.numbers(&Output::LogProb).or_else(|| outputs.numbers(&Output::LogWeight));
    Ok(density.unwrap_or_default())
}

impl Posteriors {
    /// The most probable class of every example (the decision under equal losses).
    pub fn decisions(&self) -> Vec<usize> {
        self.log
            .chunks(self.classes.max(1))
            .map(|row| row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(i, _)| i))
            .collect()
    }

    /// Of each example whose class is known its posterior, the decision, and the true class.
    fn known(&self) -> Vec<(&[f64], usize, usize)> {
        let rows = self.log.chunks(self.classes.max(1)).zip(self.decisions()).zip(&self.truth);
        rows.filter_map(|((row, decision), truth)| Some((row, decision, (*truth)?))).collect()
    }

    /// Accuracy, mean log-loss, and the expected calibration error, over the examples whose class is known; nothing where there is none.
    pub fn scores(&self) -> Vec<Score> {
        let known = self.known();
        if known.is_empty() {
            return Vec::new();
        }
        let n = known.len() as f64;
        let right: Vec<bool> = known.iter().map(|(_, decision, truth)| decision == truth).collect();
        let accuracy = right.iter().filter(|r| **r).count() as f64 / n;
        let losses: Vec<f64> = known
            .iter()
            .map(|(row, _, truth)| -row.get(*truth).copied().unwrap_or(f64::NEG_INFINITY))
            .collect();
        let loss = losses.iter().sum::<f64>() / n;
        let confidence = known.iter().map(|(row, d, _)| row.get(*d).map_or(0.0, |l| l.exp()));
        let confident: Vec<(f64, bool)> = confidence.zip(right.iter().copied()).collect();
        let trust = |error: Option<f64>| Trust::estimate(known.len(), error);
        let class = || self.name.clone();
        let score = |metric: &Metric, value: f64, error: Option<f64>| {
            let caveats = self.caveats.clone();
            Score { caveats, ..Score::new(metric, value, trust(error)) }
        };
        let percent = right.iter().map(|r| 100.0 * f64::from(u8::from(*r)));
        let calibration = 100.0 * calibration_error(confident.iter().copied());
        let spread = bootstrap(&confident).map(|e| 100.0 * e);
        vec![
            score(&Metric::Accuracy { class: class() }, 100.0 * accuracy, standard_error(percent)),
            score(&Metric::LogLoss { class: class() }, loss, standard_error(losses)),
            score(&Metric::CalibrationError, calibration, spread),
        ]
    }
}

/// Bins of confidence.
const BINS: usize = 15;

impl Posteriors {
    /// How often the most probable class is the true one, by how probable it is said to be, in equal bins of confidence.
    pub fn bins(&self) -> Vec<Bin> {
        let mut bins = vec![Bin::default(); BINS];
        for (row, decision, truth) in self.known() {
            let confidence = row.iter().copied().fold(f64::NEG_INFINITY, f64::max).exp();
            if let Some(b) = bins.get_mut(((confidence * BINS as f64) as usize).min(BINS - 1)) {
                b.confidence += confidence;
                b.right += f64::from(u8::from(decision == truth));
                b.count += 1;
            }
        }
        let mean = |b: &Bin| {
            let n = b.count.max(1) as f64;
            Bin { confidence: b.confidence / n, right: b.right / n, count: b.count }
        };
        bins.iter().filter(|b| b.count > 0).map(mean).collect()
    }
}

/// Expected calibration error over 15 bins of confidence (Guo et al. 2017, eq. 3), from 0 to 1, of decisions with the confidence in each and
/// whether it was right.
fn calibration_error(decisions: impl Iterator<Item = (f64, bool)>) -> f64 {
    let mut bins = [(0.0f64, 0.0f64); BINS];
    let mut n = 0usize;
    for (confidence, right) in decisions {
        n += 1;
        if let Some(b) = bins.get_mut(((confidence * BINS as f64) as usize).min(BINS - 1)) {
            b.0 += confidence;
            b.1 += f64::from(u8::from(right));
        }
    }
    bins.iter().map(|(c, r)| (c - r).abs()).sum::<f64>() / n.max(1) as f64
}

/// The standard deviation of the calibration error over resamples of the decisions (Efron 1979); none of fewer than two.
fn bootstrap(decisions: &[(f64, bool)]) -> Option<f64> {
    const RESAMPLES: u64 = 100;
    let n = decisions.len();
    if n < 2 {
        return None;
    }
    let of = |resample: u64| {
        let mut rng = ChaCha8Rng::seed_from_u64(resample);
        let picked = (0..n).filter_map(|_| decisions.get((rng.next_u64() % n as u64) as usize).copied());
        calibration_error(picked)
    };
    // The spread of single resamples, not that of their mean.
    standard_error((0..RESAMPLES).map(of)).map(|e| e * (RESAMPLES as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_by_hand() {
        let l = |p: f64| p.ln();
        let mut p = Posteriors {
            name: "y".into(),
            classes: 2,
            log: vec![l(0.9), l(0.1), l(0.4), l(0.6), l(0.8), l(0.2)],
            truth: vec![Some(0), Some(1), Some(1)],
            trust: Trust::Exact,
            caveats: Vec::new(),
        };
        assert_eq!(p.decisions(), [0, 1, 0]);
        let s: Vec<f64> = p.scores().iter().map(|s| s.value.0).collect();
        assert!((s[0] - 200.0 / 3.0).abs() < 1e-9);
        assert!((s[1] + (0.9f64.ln() + 0.6f64.ln() + 0.2f64.ln()) / 3.0).abs() < 1e-9);
        // Three bins of one example each: |0.9 - 1| + |0.6 - 1| + |0.8 - 0| over 3.
        let bins: Vec<(u64, f64)> = p.bins().iter().map(|b| (b.count, b.right)).collect();
        assert_eq!(bins, [(1, 1.0), (1, 0.0), (1, 1.0)], "from the least confident on: 0.6, 0.8, 0.9");
        assert!((s[2] - 100.0 * (0.1 + 0.4 + 0.8) / 3.0).abs() < 1e-9);
        // Of an example without a class nothing is right or wrong.
        p.truth = vec![Some(0), None, Some(1)];
        let s: Vec<f64> = p.scores().iter().map(|s| s.value.0).collect();
        assert!((s[0] - 50.0).abs() < 1e-9 && (s[1] + (0.9f64.ln() + 0.2f64.ln()) / 2.0).abs() < 1e-9);
        assert_eq!(p.bins().iter().map(|b| b.count).sum::<u64>(), 2);
        p.truth = vec![None; 3];
        assert!(p.scores().is_empty() && p.bins().is_empty());
    }
}
