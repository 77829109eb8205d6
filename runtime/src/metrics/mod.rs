//! Measurements and final numbers: what they are, how they are written down, and those that need only samples and data.

pub mod coverage;

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
    /// The numbers, by name; numbers that are not finite are kept (JSON has none: they are written as texts).
    pub values: BTreeMap<String, Number>,
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
    /// A record from names and numbers.
    pub fn new<N: Into<String>>(
        step: u64,
        part: &str,
        seconds: f64,
        values: impl IntoIterator<Item = (N, f64)>,
    ) -> Record {
        let values = values.into_iter().map(|(n, v)| (n.into(), Number(v))).collect();
        Record { step, part: part.into(), seconds, values }
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
    },
    /// From samples, with neither side guaranteed.
    Estimate {
        /// Number of samples.
        samples: u64,
        /// Standard error, where known.
        error: Option<f64>,
    },
}

impl Trust {
    /// `exact`, `bound (K = 64)`, `estimate (2500 samples)`
    pub fn describe(&self) -> String {
        match self {
            Trust::Exact => "exact".into(),
            Trust::Bound { samples } => format!("bound (K = {samples})"),
            Trust::Estimate { samples, error: None } => format!("estimate ({samples} samples)"),
            Trust::Estimate { samples, error: Some(e) } => format!("estimate ({samples} samples, ± {e:.3})"),
        }
    }
}

/// A final number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// `nll`, `elbo`, `modes`.
    pub name: String,
    /// On which part: `test`.
    pub part: String,
    /// The number.
    pub value: Number,
    /// `nats`, `bits/dim`, or empty.
    pub unit: String,
    /// How far it can be trusted.
    pub trust: Trust,
}

/// Bits per dimension of `nats` per example over `dims` elements, for data whose unit cube was filled by `levels` grey levels (256
/// adds 8 bits; 1 adds nothing): nats / (D ln 2) + log2(levels).
pub fn bits_per_dim(nats: f64, dims: usize, levels: f64) -> f64 {
    nats / (dims as f64 * std::f64::consts::LN_2) + levels.log2()
}
