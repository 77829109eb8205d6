//! `NormalMixture`: `Mixture` of `Normal` under a name of its own.

use super::mixture::MixtureOf;
use super::{LOC, SCALE, normal, reading, required};
use crate::event::Support;
use crate::rows::DistParam;

/// The row.
pub(super) static NORMAL_MIXTURE: MixtureOf = MixtureOf {
    inner: &normal::Normal,
    name: "NormalMixture",
    doc: "Each element from a mixture of normals of its own: the last axis of logits, loc and scale has one entry for each component and is \
          no axis of the event. The same as `Mixture(Normal(loc, scale), logits: ..)`. (Bishop 1994, eq. 22 and 23.) For one component \
          shared by a whole vector write `k ~ Categorical(..)`.",
    params: &[reading(1, LOGITS), reading(1, LOC), reading(1, SCALE)],
    logits_at: 0,
    composed: false,
};

/// The weights of the components.
pub(super) const LOGITS: DistParam =
    required("logits", Support::REALS, "unnormalised ln of the weights; the last axis are the components");
