//! What can be measured: for each metric its key for programs, its name for people and its unit, in one
//! place.
//!
//! Keys are stable: they stand in `metrics.jsonl`, in `scores.json` and in what `--message-format json`
//! prints. Every log-density is given as a loss, lower is better, so the value of `elbo` is that of the
//! negative ELBO.

use gmc_compiler::rows::Row;
use gmc_compiler::rows::measure::Iwae;

/// What a log-density of the data is, and so how it can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogDensity {
    /// log p(x) itself.
    Exact,
    /// The evidence lower bound.
    Elbo,
    /// log (1/K) Σ p(x, z) / q(z | x) (Burda et al. 2016, eq. 8).
    ImportanceWeighted,
}

impl LogDensity {
    /// Its key and its name as a loss.
    fn said(self) -> (&'static str, &'static str) {
        match self {
            LogDensity::Exact => ("nll", "negative log-likelihood"),
            LogDensity::Elbo => ("elbo", "negative ELBO"),
            LogDensity::ImportanceWeighted => (Iwae.name(), "importance-weighted bound"),
        }
    }
}

/// In what a log-density is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    /// Nats an example.
    Example,
    /// Bits a dimension of discrete data.
    Dimension,
    /// Bits a character of text.
    Character,
}

/// What compares samples with data in the features of a net.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InFeatures {
    /// The Fréchet distance of normal distributions with the moments of both.
    Frechet,
    /// Share of samples that lie near data.
    Precision,
    /// Share of data that lie near samples.
    Recall,
    /// How densely data lie around samples.
    Density,
    /// Share of data that samples lie near to.
    Coverage,
}

impl InFeatures {
    fn said(self) -> (&'static str, &'static str) {
        match self {
            InFeatures::Frechet => ("frechet", "Fréchet distance"),
            InFeatures::Precision => ("precision", "precision"),
            InFeatures::Recall => ("recall", "recall"),
            InFeatures::Density => ("density", "density"),
            InFeatures::Coverage => ("coverage", "coverage"),
        }
    }
}

/// A metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Metric {
    /// A log-density of the data, as a loss.
    NegativeLog(LogDensity, Per),
    /// e to the nats a character of text: among how many equal ones it would be as hard to tell.
    Perplexity(LogDensity),
    /// The part of a bound that rates what the decoder gives back.
    Reconstruction,
    /// The part of a bound that the latent sites cost.
    Kl,
    /// What one of several latent sites costs.
    KlOf {
        /// The site.
        site: String,
    },
    /// Length of the gradient of what a player owns, before it is clipped.
    GradientNorm {
        /// The player; none where there is only one.
        player: Option<String>,
    },
    /// Latent dimensions that carry something.
    ActiveUnits {
        /// Of so many.
        of: usize,
    },
    /// Entries of a code that are not near 0.
    ActivePart {
        /// Numbers of a code.
        of: usize,
    },
    /// What a player minimizes or maximizes.
    Payoff {
        /// The player; none where there is only one.
        player: Option<String>,
        /// Whether inputs were corrupted as in training.
        corrupted: bool,
    },
    /// The value of a schedule that follows the validation part.
    Followed {
        /// What it is the value of: `learning rate`.
        what: String,
    },
    /// A term of a payoff, by its name in the spec.
    Term {
        /// The name.
        name: String,
        /// Whether inputs were corrupted as in training.
        corrupted: bool,
    },
    /// Samples in which a judge sees the class that they were drawn with.
    Agreement {
        /// The net that judges.
        judge: String,
    },
    /// Real examples of which the judge knows the class: agreement cannot be trusted beyond it.
    AgreementReal {
        /// The net that judges.
        judge: String,
    },
    /// Modes of the data with at least one sample near them.
    ModesCovered {
        /// Of so many.
        of: usize,
    },
    /// Samples near a mode of the data.
    HighQuality,
    /// A judge's estimate of the Jensen-Shannon divergence between data and samples, from below.
    JensenShannon {
        /// The net that judges.
        critic: String,
    },
    /// A critic's estimate of the Wasserstein distance between data and samples, up to how steep it may be.
    CriticDistance {
        /// The net.
        critic: String,
    },
    /// What compares samples with test data in features.
    Features {
        /// What.
        which: InFeatures,
        /// Of real examples in place of samples.
        real: bool,
    },
    /// Entropy of the classes that the net of `features` sees.
    ClassEntropy {
        /// In real examples, not in samples.
        real: bool,
    },
    /// Real examples of which that net knows the class.
    FeaturesAccuracy,
    /// Entropy of the classes of the training examples that lie nearest to samples.
    NearestEntropy,
    /// Entropy of the classes of the data.
    DataEntropy,
    /// The Wasserstein distance of order 1 between samples and data that are one number each.
    Wasserstein,
    /// The same between two halves of the data.
    WassersteinReal,
    /// Examples of which the most probable class is the true one.
    Accuracy {
        /// The class variable.
        class: String,
    },
    /// Mean of -log p(true class | x).
    LogLoss {
        /// The class variable.
        class: String,
    },
    /// Expected calibration error.
    CalibrationError,
    /// The shape k of the tail of a guide's importance weights, in the median.
    ParetoShape,
    /// Examples of which it is too large for the number of draws.
    HeavyTails {
        /// Larger than this.
        limit: String,
    },
}

/// What is said of a metric.
struct Said {
    key: String,
    name: String,
    unit: &'static str,
}

impl Metric {
    /// What programs call it.
    pub fn key(&self) -> String {
        self.said().key
    }

    /// What people call it.
    pub fn name(&self) -> String {
        self.said().name
    }

    /// `nats`, `bits/dim`, `%`, or empty.
    pub fn unit(&self) -> &'static str {
        self.said().unit
    }

    #[expect(clippy::too_many_lines, reason = "one match over all metrics")]
    fn said(&self) -> Said {
        let said = |key: &str, name: &str, unit| Said { key: key.into(), name: name.into(), unit };
        match self {
            Metric::NegativeLog(density, per) => {
                let (key, name) = density.said();
                match per {
                    Per::Example => said(key, name, "nats"),
                    Per::Dimension => said(&format!("{key}_bits_per_dim"), name, "bits/dim"),
                    Per::Character => said(&format!("{key}_bits_per_char"), name, "bits/char"),
                }
            }
            Metric::Perplexity(density) => {
                let (key, name) = density.said();
                match density {
                    LogDensity::Exact => said("perplexity", "perplexity", ""),
                    LogDensity::Elbo | LogDensity::ImportanceWeighted => {
                        said(&format!("{key}_perplexity"), &format!("perplexity by {name}"), "")
                    }
                }
            }
            Metric::Reconstruction => said("reconstruction", "reconstruction", "nats"),
            Metric::Kl => said("kl", "KL", "nats"),
            Metric::KlOf { site } => said(&format!("kl/{site}"), &format!("KL of {site}"), "nats"),
            Metric::GradientNorm { player: None } => said("gradient_norm", "gradient norm", ""),
            Metric::GradientNorm { player: Some(p) } => {
                said(&format!("{p}/gradient_norm"), &format!("gradient norm of {p}"), "")
            }
            Metric::ActiveUnits { of } => said("active_units", &format!("active units of {of}"), ""),
            Metric::ActivePart { of } => {
                said("active_part", &format!("active part of the code of {of}"), "%")
            }
            Metric::Payoff { player: None, corrupted } => goal("payoff", "payoff", *corrupted),
            Metric::Payoff { player: Some(p), corrupted } => {
                goal(&format!("{p}/payoff"), &format!("payoff of {p}"), *corrupted)
            }
            Metric::Followed { what } => said(&format!("followed.{}", what.replace(' ', "_")), what, ""),
            // A name of the spec alone may be that of a metric: it is told from it.
            Metric::Term { name, corrupted } if word(name) => {
                goal(&format!("let {name}"), &format!("`{name}`"), *corrupted)
            }
            Metric::Term { name, corrupted } => goal(name, name, *corrupted),
            Metric::Agreement { judge } => {
                said("agreement", &format!("`{judge}` of the class asked for"), "%")
            }
            Metric::AgreementReal { judge } => {
                said("agreement_real", &format!("`{judge}` of the class of real data"), "%")
            }
            Metric::ModesCovered { of } => said("modes_covered", &format!("modes covered of {of}"), ""),
            Metric::JensenShannon { critic } => said(
                &format!("jensen_shannon.{critic}"),
                &format!("Jensen-Shannon divergence by `{critic}`"),
                "nats",
            ),
            Metric::CriticDistance { critic } => {
                said(&format!("wasserstein.{critic}"), &format!("Wasserstein distance by `{critic}`"), "")
            }
            Metric::Features { which, real: false } => {
                let (key, name) = which.said();
                said(&format!("features.{key}"), &format!("{name} in features"), "")
            }
            Metric::Features { which, real: true } => {
                let (key, name) = which.said();
                said(&format!("features.{key}_real"), &format!("{name} in features of real examples"), "")
            }
            Metric::ClassEntropy { real: false } => {
                said("features.class_entropy", "entropy of predicted classes", "nats")
            }
            Metric::ClassEntropy { real: true } => {
                said("features.class_entropy_real", "entropy of predicted classes of real examples", "nats")
            }
            Metric::FeaturesAccuracy => {
                said("features.accuracy", "accuracy of the net of `features` on real examples", "%")
            }
            Metric::NearestEntropy => {
                said("nearest_class_entropy", "entropy of the classes nearest to samples", "nats")
            }
            Metric::DataEntropy => said("class_entropy", "entropy of the classes of the data", "nats"),
            Metric::Wasserstein => said("wasserstein", "Wasserstein distance, exact", ""),
            Metric::WassersteinReal => {
                said("wasserstein_real", "Wasserstein distance of two halves of the data", "")
            }
            Metric::HighQuality => said("high_quality_samples", "samples within 3σ of a mode", "%"),
            Metric::Accuracy { class } => said("accuracy", &format!("accuracy for {class} by Bayes"), "%"),
            Metric::LogLoss { class } => said("log_loss", &format!("log-loss for {class} by Bayes"), "nats"),
            Metric::CalibrationError => said("calibration_error", "calibration error", "%"),
            Metric::ParetoShape => said("pareto_k", "Pareto k of the guide", ""),
            Metric::HeavyTails { limit } => {
                said("pareto_k_too_large", &format!("examples with k above {limit}"), "%")
            }
        }
    }
}

/// Whether a term is a name and no formula.
fn word(term: &str) -> bool {
    term.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// A number that the spec's own goal reports.
fn goal(key: &str, name: &str, corrupted: bool) -> Said {
    match corrupted {
        false => Said { key: key.into(), name: name.into(), unit: "" },
        true => Said { key: format!("{key}.corrupted"), name: format!("{name}, input corrupted"), unit: "" },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Keys are words of programs, and no two metrics of one model share one.
    #[test]
    fn keys_tell_metrics_apart() {
        let mut all = Vec::new();
        for d in [LogDensity::Exact, LogDensity::Elbo, LogDensity::ImportanceWeighted] {
            let each = [Per::Example, Per::Dimension, Per::Character];
            all.extend(each.map(|per| Metric::NegativeLog(d, per)));
            all.push(Metric::Perplexity(d));
        }
        for corrupted in [false, true] {
            all.push(Metric::Payoff { player: None, corrupted });
            all.push(Metric::Payoff { player: Some("judge".into()), corrupted });
            // A term may be called as a metric is.
            all.extend(["kl", "payoff"].map(|n| Metric::Term { name: n.into(), corrupted }));
        }
        let judge = || "judge".to_string();
        all.extend([Metric::Reconstruction, Metric::Kl, Metric::HighQuality, Metric::CalibrationError]);
        all.extend([Metric::ParetoShape, Metric::HeavyTails { limit: "0.70".into() }]);
        all.extend([
            Metric::ActiveUnits { of: 8 },
            Metric::ActivePart { of: 8 },
            Metric::ModesCovered { of: 8 },
        ]);
        all.extend([Metric::JensenShannon { critic: judge() }, Metric::CriticDistance { critic: judge() }]);
        all.extend([Metric::Wasserstein, Metric::WassersteinReal]);
        all.extend([Metric::FeaturesAccuracy, Metric::NearestEntropy, Metric::DataEntropy]);
        all.push(Metric::Followed { what: "learning rate".into() });
        for real in [false, true] {
            let all_of = [
                InFeatures::Frechet,
                InFeatures::Precision,
                InFeatures::Recall,
                InFeatures::Density,
                InFeatures::Coverage,
            ];
            all.extend(all_of.map(|which| Metric::Features { which, real }));
            all.push(Metric::ClassEntropy { real });
        }
        all.extend([Metric::Agreement { judge: judge() }, Metric::AgreementReal { judge: judge() }]);
        all.extend([Metric::Accuracy { class: "y".into() }, Metric::LogLoss { class: "y".into() }]);
        let keys: BTreeSet<String> = all.iter().map(Metric::key).collect();
        assert_eq!(keys.len(), all.len(), "{keys:?}");
        let word = |c: char| c.is_ascii_lowercase() || "_./ ".contains(c);
        assert!(keys.iter().all(|k| k.chars().all(word)), "{keys:?}");
        let elbo = Metric::NegativeLog(LogDensity::Elbo, Per::Dimension);
        assert_eq!(
            (elbo.key().as_str(), elbo.name().as_str(), elbo.unit()),
            ("elbo_bits_per_dim", "negative ELBO", "bits/dim")
        );
    }
}
