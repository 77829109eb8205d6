//! How heavy the tail of importance weights is: the shape k of the generalized Pareto distribution that fits the largest of them, an examination of the
//! guide that proposes the draws (Vehtari, Simpson, Gelman, Yao & Gabry 2024, "Pareto smoothed importance sampling", JMLR 25, and Yao et al. 2018 for
//! variational guides).

use super::bounds::weights;
use super::budget::Budget;
use super::metric::Metric;
use super::scores::{Score, Trust};
use crate::exec::ExecError;
use crate::session::Session;
use chacha20::ChaCha8Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use gmc_compiler::derive::Question;

/// Fewest weights in a tail that a distribution is fitted to.
const TAIL: usize = 5;
/// Examples that are looked at.
const LOOK: usize = 500;
/// Beyond this no number of draws that can be made helps.
const HOPELESS: f64 = 0.7;

/// The shape k of the tail of weights that are given by their logarithms; none of too few draws. Without a tail, all weights being equal, it is
/// negative infinity.
pub fn shape(logs: &[f64]) -> Option<f64> {
    let n = logs.len();
    let size = (n as f64 / 5.0).min(3.0 * (n as f64).sqrt()).ceil() as usize;
    if size < TAIL || n <= size {
        return None;
    }
    let mut sorted: Vec<f64> = logs.to_vec();
    sorted.sort_by(f64::total_cmp);
    let most = sorted.last().copied().unwrap_or(0.0);
    let cutoff = (sorted.get(n - size - 1).copied().unwrap_or(0.0) - most).max(f64::MIN_POSITIVE.ln());
    let tail: Vec<f64> =
        sorted.iter().map(|l| l - most).filter(|l| *l > cutoff).map(|l| l.exp() - cutoff.exp()).collect();
    match tail.len() {
        0 => Some(f64::NEG_INFINITY),
        n if n < TAIL => None,
        _ => Some(fit(&tail)),
    }
}

/// The shape of a generalized Pareto distribution of ascending numbers above 0 (Zhang & Stephens 2009), drawn a little to 1/2 where they are few.
fn fit(x: &[f64]) -> f64 {
    let n = x.len() as f64;
    let count = 30 + n.sqrt() as usize;
    let quartile = x.get(((n / 4.0 + 0.5) as usize).saturating_sub(1)).copied().unwrap_or(1.0);
    let largest = x.last().copied().unwrap_or(1.0);
    let mean = |b: f64| x.iter().map(|x| (-b * x).ln_1p()).sum::<f64>() / n;
    let candidates: Vec<f64> = (1..=count)
        .map(|i| 1.0 / largest + (1.0 - (count as f64 / (i as f64 - 0.5)).sqrt()) / (3.0 * quartile))
        .collect();
    let profile = |b: &f64| {
        let k = mean(*b);
        n * ((-(b / k)).ln() - k - 1.0)
    };
    let profiles: Vec<f64> = candidates.iter().map(profile).collect();
    let weight = |own: &f64| 1.0 / profiles.iter().map(|p| (p - own).exp()).sum::<f64>();
    let weights: Vec<f64> =
        profiles.iter().map(weight).map(|w| if w >= 10.0 * f64::EPSILON { w } else { 0.0 }).collect();
    let total: f64 = weights.iter().sum();
    let b = candidates.iter().zip(&weights).map(|(b, w)| b * w).sum::<f64>() / total;
    (n * mean(b) + 10.0 * 0.5) / (n + 10.0)
}

/// What k may be for the importance-weighted mean of so many draws to be close to its limit: min(1 - 1 / log10 K, 0.7).
pub fn threshold(draws: usize) -> f64 {
    (1.0 - 1.0 / (draws.max(2) as f64).log10()).min(HOPELESS)
}

/// What the shapes of the tails say about a guide.
pub struct Tails {
    /// Of each example, those of which it is known.
    pub shapes: Vec<f64>,
    /// Draws an example.
    pub draws: usize,
    /// The guide's model.
    pub model: Option<String>,
}

impl Tails {
    fn above(&self, limit: f64) -> usize {
        self.shapes.iter().filter(|k| **k > limit).count()
    }

    fn median(&self) -> f64 {
        median(&self.shapes)
    }

    /// The numbers: the median of k, and the share of the examples of which it is too large.
    pub fn scores(&self) -> Vec<Score> {
        let n = self.shapes.len();
        let share = self.above(threshold(self.draws)) as f64 / n.max(1) as f64;
        let limit = format!("{:.2}", threshold(self.draws));
        let trust = |error: f64| Trust::estimate(n, Some(error));
        let error = (share * (1.0 - share) / n.max(1) as f64).sqrt();
        vec![
            Score::new(&Metric::ParetoShape, self.median(), trust(self.spread())),
            Score::new(&Metric::HeavyTails { limit }, 100.0 * share, trust(100.0 * error)),
        ]
    }

    /// The spread of the median over resamples of the examples (Efron 1979).
    fn spread(&self) -> f64 {
        const RESAMPLES: u64 = 100;
        let n = self.shapes.len().max(1) as u64;
        let one = |resample: u64| {
            let mut rng = ChaCha8Rng::seed_from_u64(resample);
            let picked: Vec<f64> =
                (0..n).filter_map(|_| self.shapes.get((rng.next_u64() % n) as usize).copied()).collect();
            median(&picked)
        };
        let all: Vec<f64> = (0..RESAMPLES).map(one).collect();
        let mean = all.iter().sum::<f64>() / RESAMPLES as f64;
        (all.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (RESAMPLES - 1) as f64).sqrt()
    }

    /// The diagnosis in words.
    pub fn words(&self) -> String {
        let (n, k, limit) = (self.shapes.len(), self.draws, threshold(self.draws));
        let (too_large, hopeless) = (self.above(limit), self.above(HOPELESS));
        let of = format!(
            "the weights of {k} draws of the guide have tails of Pareto shape k = {:.2} in the median of {n} examples",
            self.median()
        );
        let said = match (2 * hopeless > n, 2 * too_large > n, too_large) {
            (true, _, _) => format!(
                "; above 0.7 for {hopeless} of them: the guide misses much of the posterior, no number of draws makes importance weights of it reliable, and the \
                 importance-weighted bound may lie far from log p(x)"
            ),
            (_, true, _) => format!(
                "; above {limit:.2}, the limit for {k} draws, for {too_large} of them: more draws (`-k {}`) are needed for the bound to be near its limit",
                needed(self.median())
            ),
            (_, _, 0) => format!(", and none is above {limit:.2}: the guide covers the posterior well"),
            _ => format!(
                "; for {too_large} of them it is above {limit:.2}, the limit for {k} draws: their bounds are loose and vary much from seed to seed"
            ),
        };
        of + &said
    }
}

/// How many draws a tail of shape k needs: 10^(1 / (1 - k)) (Vehtari et al. 2024, eq. 9).
fn needed(k: f64) -> u64 {
    10f64.powf(1.0 / (1.0 - k.clamp(0.0, HOPELESS))).ceil() as u64
}

fn median(all: &[f64]) -> f64 {
    let mut sorted = all.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |i: usize| sorted.get(i).copied().unwrap_or(f64::NAN);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => at(n / 2),
        n => (at(n / 2 - 1) + at(n / 2)) / 2.0,
    }
}

/// The tails of the importance weights of each model with a guide, of the first rows that are asked about, with the draws of the importance-weighted
/// bound; nothing where these are too few to tell.
///
/// # Errors
/// What running a program reports.
pub fn tails(s: &mut Session, seed: u64, budget: Budget) -> Result<Vec<Tails>, ExecError> {
    let mut all = Vec::new();
    let models = s.measured();
    for m in &models {
        let found = s.asking(m.clone(), |s| -> Result<Option<Tails>, ExecError> {
            let bound = s.answer(Question::Density).ok().filter(|a| a.is_bound());
            let Some(program) = bound.map(|a| a.program.clone()) else { return Ok(None) };
            let mut shapes = Vec::new();
            if let Some(rows) = s.test_chunks(budget.examples.min(LOOK)).first() {
                let each = weights(s, &program, (0, rows), (seed, budget.k))?;
                shapes.extend(each.iter().filter_map(|logs| shape(logs)));
            }
            let model = m.clone().filter(|_| models.len() > 1);
            Ok((!shapes.is_empty()).then_some(Tails { shapes, draws: budget.k, model }))
        })?;
        all.extend(found);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The stream of numbers in (0, 1) of the recipe below.
    fn uniform(n: usize) -> Vec<f64> {
        let mut x = 12_345u64;
        let mut next = || {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((x >> 11) as f64 + 0.5) / (1u64 << 53) as f64
        };
        (0..n).map(|_| next()).collect()
    }

    /// `arviz.stats.stats._psislw` (ArviZ 0.19) of the logarithms that `logs` makes of these numbers, its cutoff as `psislw` has it with `reff = 1`.
    #[test]
    fn shapes_agree_with_arviz() {
        let logs = |name: &str, u: f64| match name {
            "light" => 0.3 * u,
            "exp" => -0.3 * u.ln(),
            "pareto" => -0.7 * u.ln(),
            "heavy" => -1.5 * u.ln(),
            _ => 8.0 * (u / (1.0 - u)).ln(),
        };
        for (name, n, k) in [
            ("light", 64, -0.004_075_627_302_179_093),
            ("exp", 64, 0.367_312_575_853_035_5),
            ("pareto", 64, 0.608_165_928_073_244_4),
            ("heavy", 64, 1.080_609_592_767_631_8),
            ("wide", 64, 3.755_043_872_732_702),
            ("light", 100, -0.273_058_630_332_454_53),
            ("exp", 100, 0.364_241_016_528_218_3),
            ("pareto", 100, 0.613_138_400_877_673_4),
            ("heavy", 100, 1.100_967_104_868_676),
            ("wide", 100, 5.121_481_117_257_082),
            ("light", 1000, -0.806_453_388_675_880_5),
            ("exp", 1000, 0.502_966_450_238_689_8),
            ("pareto", 1000, 0.894_729_807_162_149_2),
            ("heavy", 1000, 1.656_537_068_231_497_3),
            ("wide", 1000, 6.491_861_787_943_36),
            ("light", 4000, -0.900_935_310_448_078),
            ("exp", 4000, 0.278_921_750_471_515_35),
            ("pareto", 4000, 0.704_885_422_250_466_7),
            ("heavy", 4000, 1.530_829_282_519_111_9),
            ("wide", 4000, 7.179_737_462_352_818),
        ] {
            let all: Vec<f64> = uniform(n).into_iter().map(|u| logs(name, u)).collect();
            let found = shape(&all).unwrap_or(f64::NAN);
            assert!((found - k).abs() < 1e-7, "{name} {n}: {found} for {k}");
        }
    }

    #[test]
    fn few_draws_and_equal_weights() {
        assert_eq!(shape(&[0.0; 20]), None, "too few for a tail of five");
        assert_eq!(shape(&[1.5; 100]), Some(f64::NEG_INFINITY));
        assert!((threshold(100) - 0.5).abs() < 1e-12 && threshold(10_000) == 0.7);
        assert_eq!(needed(0.5), 100);
    }
}
