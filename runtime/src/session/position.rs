//! Where a run of a program stands: its random key, and what schedules and optimizers count.

use super::random::Purpose;
use crate::exec::RngKey;
use gmc_compiler::rows::Progress;

/// How a run was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Position {
    /// The random key.
    pub key: RngKey,
    /// Where training stands, for schedules.
    pub progress: Progress,
    /// The number of this update of the player, from 1.
    pub update: u64,
}

impl Default for Position {
    fn default() -> Position {
        Position {
            key: RngKey { seed: 0, step: 0 },
            progress: Progress { step: 0, total: 1, per_epoch: 1 },
            update: 1,
        }
    }
}

impl Position {
    /// A run outside of training, with draws for this purpose.
    pub fn of(purpose: Purpose, seed: u64) -> Position {
        Position { key: purpose.key(seed), ..Position::default() }
    }

    /// Schedules stand where training ends.
    #[must_use]
    pub fn at_the_end(mut self) -> Position {
        self.progress.step = u64::MAX / 2;
        self
    }
}
