//! How much is measured: all that the spec asks for at the end, a glance while training.

use crate::session::Session;
use gmc_compiler::rows::measure::{Iwae, Modes};

/// How much of the test part to look at.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// At most this many test examples.
    pub examples: usize,
    /// Samples per example of an importance-weighted bound; 0: none.
    pub k: usize,
    /// Samples drawn from the model for measures of samples; 0: none.
    pub samples: usize,
}

/// What `eval { .. }` of the spec asks for, at the end of a run.
pub fn full(s: &Session) -> Budget {
    let asked = &s.typed.eval;
    Budget { examples: usize::MAX, k: Iwae::samples(asked).unwrap_or(0), samples: Modes::samples(asked) }
}

/// A quick look while training.
pub const GLANCE: Budget = Budget { examples: 1000, k: 0, samples: 0 };

/// Test examples of a quick look whose codes must be inferred first, which costs many evaluations.
const GLANCE_INFERRED: usize = 250;

/// A quick look at this session while training.
pub fn glance(s: &Session) -> Budget {
    let examples = if s.compiled.per_datum.is_empty() { GLANCE.examples } else { GLANCE_INFERRED };
    Budget { examples, ..GLANCE }
}
