//! Training: rounds of players, one loop for maximum likelihood and games.
//!
//! Invariant: the state after round `n` is a pure function of the spec, the seed and the device: minibatches
//! and random numbers are keyed by the round, so a run that was stopped continues bit for bit.

pub mod about;
mod cause;
pub mod end;
mod findings;
pub mod order;
pub mod plateau;
mod progress;
pub mod run;
mod sums;
mod trace;
pub mod watch;

use crate::exec::ExecError;
use crate::session::{Position, Purpose, Session, Updates};
use gmc_compiler::rows::Progress;
use gmc_compiler::rows::setting::{self, Batch, Seed};
use order::Order;

/// Where every round finds its minibatches.
pub struct Trainer {
    order: Order,
    /// Rounds in all.
    pub total: u64,
    /// Rounds in an epoch.
    pub per_epoch: u64,
    /// Minibatches drawn in a round.
    inner: u64,
    seed: u64,
}

/// The numbers of one round: `player/loss`, `player/term`.
pub type Numbers = Vec<(String, f32)>;

impl Trainer {
    /// Plans the rounds of a session.
    pub fn new(s: &Session) -> Trainer {
        let t = &s.typed.train;
        let inner = t.players.iter().map(|p| p.steps).max().unwrap_or(1) as u64;
        let sizes = s.training_sizes();
        let seed = Seed::of(&t.settings);
        let order = Order::new(seed, Batch::of(&t.settings), s.leftover(), sizes);
        let per_epoch = order.per_epoch().div_ceil(inner).max(1);
        let total = setting::length(&t.settings).rounds(per_epoch).ceil().max(1.0) as u64;
        Trainer { order, total, per_epoch, inner, seed }
    }

    /// Where training stands after `step` rounds.
    pub fn progress(&self, step: u64) -> Progress {
        Progress { step, total: self.total, per_epoch: self.per_epoch, plateaus: 0 }
    }

    /// The number of the minibatch of move `j` of a player with `steps` moves in round `step`.
    fn draw(&self, step: u64, steps: u64, j: u64) -> u64 {
        step * self.inner + j + self.inner - steps
    }

    /// Which data of the first item minibatch number `draw` holds.
    fn rows(&mut self, s: &Session, draw: u64) -> Vec<usize> {
        self.order.minibatch(s, draw).rows.into_iter().next().unwrap_or_default()
    }

    /// Round number `step` (from 0): every player moves, in the order of the text.
    ///
    /// # Errors
    /// What a step reports.
    pub fn round(&mut self, s: &mut Session, step: u64) -> Result<Numbers, ExecError> {
        let mut numbers = Vec::new();
        let simultaneous = s.typed.train.simultaneous;
        let mut later = Updates::default();
        let players: Vec<(String, u64)> =
            s.typed.train.players.iter().map(|p| (p.name.clone(), p.steps as u64)).collect();
        let several = players.len() > 1;
        for (name, steps) in players {
            // Players that move at once read what the others own as it was before the round; what they own is
            // disjoint.
            let before = (simultaneous && steps > 1).then(|| (s.tensors.clone(), s.tables.clone()));
            for j in 0..steps {
                let draw = self.draw(step, steps, j);
                let batch = self.order.minibatch(s, draw);
                let at = Position {
                    key: Purpose::Training { draw }.key(self.seed),
                    progress: Some(self.progress(step)),
                    update: step * steps + j + 1,
                };
                let mut moved = simultaneous.then(Updates::default);
                let reported = s.step(&name, &batch, at, moved.as_mut())?;
                if let Some(moved) = moved {
                    if j + 1 < steps {
                        s.put(moved.clone());
                    }
                    later.tensors.extend(moved.tensors);
                    later.rows.extend(moved.rows);
                }
                if j + 1 == steps {
                    numbers.extend(
                        reported
                            .into_iter()
                            .map(|(k, v)| (if several { format!("{name}/{k}") } else { k }, v)),
                    );
                }
            }
            if let Some((tensors, tables)) = before {
                (s.tensors, s.tables) = (tensors, tables);
            }
        }
        s.put(later);
        s.standing = self.progress(step + 1);
        Ok(numbers)
    }
}
