//! `DiscretizedLogisticMixture`: `Mixture` of `DiscretizedLogistic` under a name of its own.

use super::discretized_logistic::DiscretizedLogistic;
use super::mixture::MixtureOf;

row! {
    /// A grey level out of 0 .. levels from a mixture of `DiscretizedLogistic`s: the last axis of logits, loc and scale
    /// has one entry for each component and is no axis of the event. The same as `Mixture(DiscretizedLogistic(loc,
    /// scale, levels), logits: ..)`. (Salimans et al. 2017, eq. 2.) Means that are linear in the earlier colours of a pixel, as theirs (eq. 3), are
    /// `loc: m + tanh(a) * earlier(x[< i])`, `m` and `a` from the net of the other parameters, and the net `earlier` made of `rescale, logits(k, channels: 3,
    /// mask: A, colours: 3)`, k being the number of components.
    pub struct DiscretizedLogisticMixture = "DiscretizedLogisticMixture";
}

/// The row.
pub(super) static DISCRETIZED_LOGISTIC_MIXTURE: MixtureOf = MixtureOf {
    inner: &DiscretizedLogistic,
    row: &DiscretizedLogisticMixture,
    params: dist_params! {
        /// unnormalised ln of the weights; the last axis are the components
        logits: REALS[1],
        /// centre
        loc: REALS[1],
        /// width
        scale: POSITIVE[1],
        /// number of grey levels, a constant of at least 2
        levels: REALS = 256.0,
    },
    logits_at: 0,
    composed: false,
};
