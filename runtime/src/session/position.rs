//! Where a run of a program stands: its random key, and what schedules and optimizers count.

use super::random::Purpose;
use crate::exec::RngKey;
use gmc_compiler::rows::Progress;

/// How a run was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Position {
    /// The random key.
    pub key: RngKey,
    /// Where schedules stand; `None`: where training of the session stands.
    pub progress: Option<Progress>,
    /// The number of this update of the player, from 1.
    pub update: u64,
}

impl Default for Position {
    fn default() -> Position {
        Position { key: RngKey { seed: 0, step: 0 }, progress: None, update: 1 }
    }
}

impl Position {
    /// A run outside of training, with draws for this purpose.
    pub fn of(purpose: Purpose, seed: u64) -> Position {
        Position { key: purpose.key(seed), ..Position::default() }
    }
}
