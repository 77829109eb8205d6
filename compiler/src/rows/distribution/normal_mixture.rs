//! `NormalMixture`: `Mixture` of `Normal` under a name of its own.

use super::mixture::MixtureOf;
use super::normal::Normal;

row! {
    /// Each element from a mixture of normals of its own: the last axis of logits, loc and scale has one entry for each
    /// component and is no axis of the event. The same as `Mixture(Normal(loc, scale), logits: ..)`. (Bishop 1994, eq.
    /// 22 and 23.) For one component shared by a whole vector write `k ~ Categorical(..)`.
    pub struct NormalMixture = "NormalMixture";
}

/// The row.
pub(super) static NORMAL_MIXTURE: MixtureOf = MixtureOf {
    inner: &Normal,
    row: &NormalMixture,
    params: dist_params! {
        /// unnormalised ln of the weights; the last axis are the components
        logits: REALS[1],
        /// centre
        loc: REALS[1],
        /// width
        scale: POSITIVE[1],
    },
    logits_at: 0,
    composed: false,
};
