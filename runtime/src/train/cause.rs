//! Why a round made a value that is not finite, as far as the data, the parameters and the round tell it: a single datum, numbers of a size
//! that nets are not made for, an exponential, how training begins, or how far a step goes.

use super::run::Run;
use crate::session::odd::Of;
use crate::session::{Minibatch, Position, Purpose, Updates};
use gmc_compiler::rows::setting::{Leftover, Seed};

/// Most data that are named; where more are at fault it is no single datum's.
const NAMED: usize = 3;

/// What grows so fast that 32 bits soon do not hold it.
const EXPONENTIALS: [&str; 3] = ["exp", "expm1", "pow"];

/// What is known of a failure.
pub(super) struct Cause {
    /// Facts, a line each.
    pub(super) notes: Vec<String>,
    /// What mends it.
    pub(super) help: String,
}

/// A step of a player that failed.
struct Step {
    player: String,
    /// The number of its minibatch.
    draw: u64,
    /// The number of the update.
    update: u64,
}

impl Run<'_> {
    /// Why the round after `self.step` failed, where the session holds what it held before that round. `op` is the operation that made
    /// the first value that is not finite.
    pub(super) fn cause(&mut self, op: &str) -> Cause {
        let first = self.step == 0;
        let rounds = match self.step {
            0 => "no step has been taken yet, so no learning rate mends this".to_string(),
            1 => "round 1 was finite".to_string(),
            n => format!("rounds 1 to {n} were finite"),
        };
        let data = self.data_at_fault();
        if !data.is_empty() {
            let named: Vec<String> =
                data.iter().map(|d| format!("the datum of {d} makes it so alone")).collect();
            return Cause {
                notes: named,
                help: "leave this datum out, or move it away from where it has no finite density; the other data of the minibatch are no trouble"
                    .into(),
            };
        }
        if let Some(large) = self.session.unscaled() {
            return Cause {
                notes: vec![large, rounds],
                help: "bring the data to a size near 1 before training: subtract the mean of each column and divide by its deviation".into(),
            };
        }
        if EXPONENTIALS.contains(&op) {
            return Cause {
                notes: vec!["`exp` of more than 88 is more than 32 bits hold".into(), rounds],
                help: "bound what is exponentiated, as in `exp(clamp(s, -7, 7))`, or use `softplus(s)`"
                    .into(),
            };
        }
        let help = match first {
            true => {
                "give parameters and data with which this has a finite value: another initial value, as in `param a: Real[2] = 0.1`, or keep it away from the logarithm of 0 and from a division by 0"
            }
            false => {
                "lower the learning rate, add `clip 1` to `train`, or keep the value away from where it has no finite answer"
            }
        };
        Cause { notes: vec![rounds], help: help.into() }
    }

    /// The data of the failing minibatch that fail alone, in words, where they are few; none where each fails, or none alone.
    fn data_at_fault(&mut self) -> Vec<String> {
        if self.session.sets.len() != 1 || self.session.leftover() == Leftover::Joined {
            return Vec::new();
        }
        self.session.set_check(false);
        for step in self.steps_of_round() {
            let rows = self.trainer.rows(self.session, step.draw);
            if rows.len() < 2 || !self.fails(&step, &rows) {
                continue;
            }
            let mut found = Vec::new();
            self.search(&step, &rows, &mut found);
            if found.is_empty() || found.len() > NAMED || found.len() == rows.len() {
                return Vec::new();
            }
            return found.into_iter().map(|row| self.session.oddest(0, Of::Train, row)).collect();
        }
        Vec::new()
    }

    /// The steps of the round after `self.step`, in their order.
    fn steps_of_round(&self) -> Vec<Step> {
        let players = &self.session.typed.train.players;
        let each = players.iter().flat_map(|p| (0..p.steps as u64).map(move |j| (p, j)));
        each.map(|(p, j)| Step {
            player: p.name.clone(),
            draw: self.trainer.draw(self.step, p.steps as u64, j),
            update: self.step * p.steps as u64 + j + 1,
        })
        .collect()
    }

    /// Whether a step on these rows reports or makes a number that is not finite.
    fn fails(&mut self, step: &Step, rows: &[usize]) -> bool {
        let data = self.session.batch(false, rows);
        let batch = Minibatch { data, n: rows.len(), rows: vec![rows.to_vec()] };
        let seed = Seed::of(&self.session.typed.train.settings);
        let at = Position {
            key: Purpose::Training { draw: step.draw }.key(seed),
            progress: Some(self.trainer.progress(self.step)),
            update: step.update,
        };
        let mut moved = Updates::default();
        let Ok(numbers) = self.session.step(&step.player, &batch, at, Some(&mut moved)) else { return true };
        let rows = moved.rows.iter().flat_map(|(_, _, values)| values);
        !numbers.iter().all(|(_, v)| v.is_finite())
            || !rows.copied().all(f32::is_finite)
            || !moved.tensors.values().all(|t| t.to_f32().iter().all(|v| v.is_finite()))
    }

    /// Adds the rows that fail alone, by halving, until there are too many to name.
    fn search(&mut self, step: &Step, rows: &[usize], found: &mut Vec<usize>) {
        if let [row] = rows {
            found.push(*row);
            return;
        }
        let (left, right) = rows.split_at(rows.len() / 2);
        for half in [left, right] {
            if found.len() <= NAMED && self.fails(step, half) {
                self.search(step, half, found);
            }
        }
    }
}
