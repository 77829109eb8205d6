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
    /// Samples per example of densities that a class is inferred by, where they are bounds.
    pub posterior: usize,
    /// Samples drawn from the model for measures of samples; 0: none.
    pub samples: usize,
    /// Whether errors are measured that cost further runs of a program.
    pub errors: bool,
}

/// Samples per example of a posterior where the spec asks for none.
const POSTERIOR: usize = 16;

/// What `eval { .. }` of the spec asks for, at the end of a run.
pub fn full(s: &Session) -> Budget {
    let asked = &s.typed.eval;
    let k = Iwae::samples(asked);
    Budget {
        examples: usize::MAX,
        k: k.unwrap_or(0),
        posterior: k.unwrap_or(POSTERIOR),
        samples: Modes::samples(asked),
        errors: true,
    }
}

/// A quick look while training.
pub const GLANCE: Budget = Budget { examples: 1000, k: 0, posterior: 1, samples: 0, errors: false };

/// Test examples of a quick look whose codes must be inferred first, which costs many evaluations.
const GLANCE_INFERRED: usize = 250;

/// A quick look at this session while training.
pub fn glance(s: &Session) -> Budget {
    let examples = if s.compiled.per_datum.is_empty() { GLANCE.examples } else { GLANCE_INFERRED };
    Budget { examples, ..GLANCE }
}
