//! `DiscretizedLogisticMixture`: `Mixture` of `DiscretizedLogistic` under a name of its own.

use super::discretized_logistic::{DiscretizedLogistic, LEVELS};
use super::mixture::MixtureOf;
use super::normal_mixture::LOGITS;
use super::{LOC, SCALE, reading};

/// The row.
pub(super) static DISCRETIZED_LOGISTIC_MIXTURE: MixtureOf = MixtureOf {
    inner: &DiscretizedLogistic,
    name: "DiscretizedLogisticMixture",
    doc: "A grey level out of 0 .. levels from a mixture of `DiscretizedLogistic`s: the last axis of logits, loc and scale has one entry \
          for each component and is no axis of the event. The same as `Mixture(DiscretizedLogistic(loc, scale, levels), logits: ..)`. \
          (Salimans et al. 2017, eq. 2.)",
    params: &[reading(1, LOGITS), reading(1, LOC), reading(1, SCALE), LEVELS],
    logits_at: 0,
    composed: false,
};
