//! Measurements and final numbers, as they are written down.

use super::metric::{LogDensity, Metric, Per};
use crate::session::data::TEST;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;

/// One line of `metrics.jsonl`: what was measured after `step` rounds on one part of the data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Rounds done.
    pub step: u64,
    /// `train`, `test`, or another part.
    pub part: String,
    /// Seconds since the run began, all its sessions together.
    #[serde(default)]
    pub seconds: f64,
    /// The numbers, by their names for people; numbers that are not finite are kept (JSON has none: they are
    /// written as texts).
    pub values: BTreeMap<String, Number>,
    /// The same numbers by the keys of their metrics; empty in lines of an older gmc.
    #[serde(default)]
    pub metrics: BTreeMap<String, Number>,
}

/// An `f64` whose JSON may be `"NaN"`, `"inf"` or `"-inf"`.
#[derive(Clone, Copy, Debug)]
pub struct Number(pub f64);

/// Equality of what is written: NaN equals itself.
impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        self.0 == other.0 || (self.0.is_nan() && other.0.is_nan())
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() { s.serialize_f64(self.0) } else { s.serialize_str(&self.0.to_string()) }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Number, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Plain(f64),
            Text(String),
        }
        match Written::deserialize(d)? {
            Written::Plain(v) => Ok(Number(v)),
            Written::Text(t) => t.parse().map(Number).map_err(serde::de::Error::custom),
        }
    }
}

impl Record {
    /// A record of numbers whose names are their keys, as training reports them.
    pub fn new<N: Into<String>>(
        step: u64,
        part: &str,
        seconds: f64,
        values: impl IntoIterator<Item = (N, f64)>,
    ) -> Record {
        let values: BTreeMap<String, Number> =
            values.into_iter().map(|(n, v)| (n.into(), Number(v))).collect();
        Record { step, part: part.into(), seconds, metrics: values.clone(), values }
    }

    /// A record of the scores of one part.
    pub fn of_scores(step: u64, seconds: f64, scores: &[Score]) -> Record {
        let values = scores.iter().map(|s| (s.label(), s.value)).collect();
        let metrics = scores.iter().map(|s| (s.key.clone(), s.value)).collect();
        let part = scores.first().map_or(TEST, |s| &s.part).into();
        Record { step, part, seconds, values, metrics }
    }
}

/// How far a final number can be trusted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trust {
    /// Up to rounding.
    Exact,
    /// True values are not below this (of a density: not above), in expectation, with this many samples.
    Bound {
        /// Samples an example (K of the importance-weighted bound).
        samples: u64,
        /// Standard error of the mean over the examples, their draws included; none in scores of an older gmc.
        #[serde(default)]
        error: Option<f64>,
    },
    /// From samples, with neither side guaranteed.
    Estimate {
        /// Number of samples.
        samples: u64,
        /// Standard error, where known: of a mean over examples, their draws included.
        error: Option<f64>,
    },
}

impl Trust {
    /// From so many samples, with this standard error.
    pub fn estimate(samples: usize, error: Option<f64>) -> Trust {
        Trust::Estimate { samples: samples as u64, error }
    }

    /// A bound with so many samples an example, whose mean has this standard error.
    pub fn bound(samples: usize, error: Option<f64>) -> Trust {
        Trust::Bound { samples: samples as u64, error }
    }

    /// The same of a number that is `factor` times as large.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Trust {
        let scaled = |e: Option<f64>| e.map(|e| e * factor.abs());
        match self {
            Trust::Exact => Trust::Exact,
            Trust::Bound { samples, error } => Trust::Bound { samples, error: scaled(error) },
            Trust::Estimate { samples, error } => Trust::Estimate { samples, error: scaled(error) },
        }
    }

    /// `exact`, `bound (K = 64, ± 0.41)`, `estimate (2500 samples, ± 0.012)`
    pub fn describe(&self) -> String {
        let of = |error: &Option<f64>| error.map_or(String::new(), |e| format!(", ± {}", two_digits(e)));
        match self {
            Trust::Exact => "exact".into(),
            Trust::Bound { samples, error } => format!("bound (K = {samples}{})", of(error)),
            Trust::Estimate { samples, error } => format!("estimate ({samples} samples{})", of(error)),
        }
    }
}

/// A standard error to two significant digits: `0.41`, `12`, `0.0063`, `3.1e-7`.
pub fn two_digits(e: f64) -> String {
    if e == 0.0 || !e.is_finite() {
        return e.to_string();
    }
    let magnitude = e.abs().log10().floor() as i32;
    match magnitude {
        -4..=1 => format!("{e:.*}", usize::try_from(1 - magnitude).unwrap_or(0)),
        2..=5 => format!("{e:.0}"),
        _ => format!("{e:.1e}"),
    }
}

/// The standard error of the mean of numbers that were measured independently; none of fewer than two.
pub fn standard_error(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (mut n, mut mean, mut squares) = (0.0, 0.0, 0.0);
    for v in values {
        // Welford 1962.
        n += 1.0;
        let d = v - mean;
        mean += d / n;
        squares += d * (v - mean);
    }
    (n > 1.0).then(|| (squares / (n - 1.0) / n).sqrt())
}

/// Most groups of examples that [`jackknife`] leaves out, one after the other.
const GROUPS: usize = 8;

/// The standard error of a number that all examples make together, from what it is without those of each group (Efron & Tibshirani 1993,
/// eq. 11.5, by groups); none of fewer than two, and where it is no finite number without some.
pub fn jackknife<T: Clone>(all: &[T], of: impl Fn(&[T]) -> f64) -> Option<f64> {
    let groups = all.len().min(GROUPS);
    if groups < 2 {
        return None;
    }
    let without = |group: usize| -> Vec<T> {
        all.iter().enumerate().filter(|(i, _)| i % groups != group).map(|(_, x)| x.clone()).collect()
    };
    let each: Vec<f64> = (0..groups).map(|group| of(&without(group))).collect();
    let n = groups as f64;
    let mean = each.iter().sum::<f64>() / n;
    let error = (each.iter().map(|v| (v - mean).powi(2)).sum::<f64>() * (n - 1.0) / n).sqrt();
    error.is_finite().then_some(error)
}

/// The standard error of how many of some events happen, given how probable each one is.
pub fn error_of_count(probabilities: impl IntoIterator<Item = f64>) -> f64 {
    probabilities.into_iter().map(|p| p * (1.0 - p)).sum::<f64>().sqrt()
}

/// A final number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The key of the metric, the same for every model and version: `elbo`. Empty where an older gmc wrote
    /// the score.
    #[serde(default)]
    pub key: String,
    /// Its name for people: `negative ELBO`.
    pub name: String,
    /// On which part: `test`.
    pub part: String,
    /// The number.
    pub value: Number,
    /// `nats`, `bits/dim`, or empty.
    pub unit: String,
    /// How far it can be trusted.
    pub trust: Trust,
    /// Of an exact number the standard error of the mean over the examples: another set of as many would give another number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<f64>,
    /// What it is weighted with, where that is set by the spec: `beta 0.5`. Empty elsewhere.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub at: String,
    /// What else must be known before it is believed, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caveats: Vec<String>,
}

impl Score {
    /// A number about the test part.
    pub fn new(metric: &Metric, value: f64, trust: Trust) -> Score {
        let (key, name, unit) = (metric.key(), metric.name(), metric.unit().into());
        let part = TEST.into();
        let (error, at, caveats) = (None, String::new(), Vec::new());
        Score { key, name, part, value: Number(value), unit, trust, error, at, caveats }
    }

    /// The same of one of several models.
    #[must_use]
    pub fn of(self, model: &str) -> Score {
        Score { key: format!("{model}/{}", self.key), name: format!("{} of {model}", self.name), ..self }
    }

    /// The same of another part.
    #[must_use]
    pub fn on(self, part: &str) -> Score {
        Score { part: part.into(), ..self }
    }

    /// Whether it is a log-density of the data, or a bound on one.
    pub fn of_density(&self) -> bool {
        let all = [LogDensity::Exact, LogDensity::Elbo, LogDensity::ImportanceWeighted];
        let per = [Per::Example, Per::Dimension, Per::Character];
        let logs = all.iter().flat_map(|d| per.iter().map(|p| Metric::NegativeLog(*d, *p)));
        let mut all = logs.chain(all.iter().map(|d| Metric::Perplexity(*d))).chain([Metric::Reconstruction]);
        all.any(|m| m.key() == self.key)
    }

    /// The same, if it is exact, with the error that a bound of the same examples would have.
    #[must_use]
    pub fn exactly(self) -> Score {
        match self.trust {
            Trust::Bound { error, .. } => Score { trust: Trust::Exact, error, ..self },
            Trust::Exact | Trust::Estimate { .. } => self,
        }
    }

    /// Its name with what it is weighted with: `payoff (beta 0.5)`.
    pub fn title(&self) -> String {
        if self.at.is_empty() { self.name.clone() } else { format!("{} ({})", self.name, self.at) }
    }

    /// What curves are called: `negative ELBO [nats]`.
    pub fn label(&self) -> String {
        if self.unit.is_empty() { self.name.clone() } else { format!("{} [{}]", self.name, self.unit) }
    }
}

/// Bits per dimension of `nats` per example over `dims` elements, for data whose unit cube was filled by
/// `levels` grey levels (256 adds 8 bits; 1 adds nothing): nats / (D ln 2) + log2(levels).
pub fn bits_per_dim(nats: f64, dims: usize, levels: f64) -> f64 {
    nats / (dims as f64 * std::f64::consts::LN_2) + levels.log2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaving_out_one_after_the_other_gives_the_standard_error_of_a_mean() {
        let x = [1.0, 4.0, 2.0, 8.0, 5.0, 7.0, 1.5, 3.0];
        let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
        for n in [2, 5, 8] {
            let error = jackknife(&x[..n], mean).unwrap();
            assert!((error - standard_error(x[..n].to_vec()).unwrap()).abs() < 1e-12, "{error}");
        }
        assert_eq!(jackknife(&x, |_| f64::NAN), None);
        assert_eq!(jackknife(&x[..1], mean), None);
    }

    #[test]
    fn errors_are_said_to_two_digits() {
        for (e, text) in [
            (0.4131, "0.41"),
            (12.3, "12"),
            (1.26, "1.3"),
            (0.006_32, "0.0063"),
            (3.14e-7, "3.1e-7"),
            (123.4, "123"),
            (0.0, "0"),
        ] {
            assert_eq!(two_digits(e), text);
        }
        assert_eq!(Trust::bound(64, Some(0.4131)).describe(), "bound (K = 64, ± 0.41)");
        assert_eq!(Trust::estimate(9, None).describe(), "estimate (9 samples)");
    }

    /// Of 1, 2, 3, 6 the variance is 14 / 3, so the mean has the error √(14 / 12).
    #[test]
    fn standard_errors_by_hand() {
        let e = standard_error([1.0, 2.0, 3.0, 6.0]).unwrap();
        assert!((e - (14.0f64 / 12.0).sqrt()).abs() < 1e-12);
        assert_eq!(standard_error([1.0]), None);
        assert!((error_of_count([0.5, 0.5, 1.0, 0.0]) - 0.5f64.sqrt()).abs() < 1e-12);
    }

    /// A bound that an older gmc wrote has no error.
    #[test]
    fn older_scores_are_read() {
        let t: Trust = serde_json::from_str(r#"{"bound":{"samples":64}}"#).unwrap();
        assert_eq!(t, Trust::bound(64, None));
    }
}
