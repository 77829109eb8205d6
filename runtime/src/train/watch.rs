//! What the validation part says while training: when to stop, and which weights were best.

use crate::failure::Failure;
use crate::measure::scores::Score;
use crate::session::Session;
use crate::store::checkpoint::Meta;
use gmc_compiler::rows::setting::Stop;
use gmc_compiler::types::Typed;
use serde::{Deserialize, Serialize};

/// Under this name a checkpoint keeps what has been seen.
const WATCHED: &str = "watched";

/// The best measurement so far.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// The number: less is better.
    pub value: f64,
    /// After how many rounds it was measured.
    pub step: u64,
    /// Measurements since.
    pub since: u64,
}

impl Best {
    /// Takes a measurement; whether it is the best so far.
    pub(super) fn see(best: &mut Option<Best>, value: f64, step: u64) -> bool {
        match best {
            Some(best) if value.is_nan() || value >= best.value => {
                best.since += 1;
                false
            }
            _ => {
                *best = Some(Best { value, step, since: 0 });
                true
            }
        }
    }
}

/// What is said where nothing can be watched.
pub(super) fn unwatched(what: &str) -> Failure {
    Failure::new(format!("`{what}` needs a validation part, and the data have none"))
        .help("give them one: `data .. from .. split (train 0.8, valid 0.1, test 0.1)`")
}

/// The number that is watched, the first that was measured: less is better.
pub(super) fn measured(typed: &Typed, scores: &[Score]) -> Option<f64> {
    of(scores, maximizes(typed))
}

fn of(scores: &[Score], more: bool) -> Option<f64> {
    let score = scores.first()?;
    // A density is measured as a loss, whatever is written.
    Some(if more && !score.of_density() { -score.value.0 } else { score.value.0 })
}

/// What a spec with `stop(patience: ..)` watches.
#[derive(Clone, Debug)]
pub struct Watch {
    patience: u64,
    /// Whether more is better.
    more: bool,
    /// The best measurement; none before the first.
    pub best: Option<Best>,
}

impl Watch {
    /// The watch of a spec that may stop, as a checkpoint left it.
    ///
    /// # Errors
    /// Data without a validation part.
    pub fn new(s: &Session, meta: &Meta) -> Result<Option<Watch>, Failure> {
        let Some(patience) = Stop::of(&s.typed.train.settings) else { return Ok(None) };
        if s.sets.iter().all(|set| set.valid.n == 0) {
            return Err(unwatched("stop"));
        }
        let best = meta.extra.get(WATCHED).and_then(|t| serde_json::from_str(t).ok());
        Ok(Some(Watch { patience, more: maximizes(&s.typed), best }))
    }

    /// Writes what [`Watch::new`] reads into a checkpoint's header.
    pub fn keep(&self, meta: &mut Meta) {
        if let Some(text) = self.best.and_then(|b| serde_json::to_string(&b).ok()) {
            meta.extra.insert(WATCHED.into(), text);
        }
    }

    /// Takes a measurement; whether it is the best so far.
    pub fn see(&mut self, scores: &[Score], step: u64) -> bool {
        let Some(value) = of(scores, self.more) else { return false };
        Best::see(&mut self.best, value, step)
    }

    /// Whether patience has run out.
    pub fn tired(&self) -> bool {
        self.best.is_some_and(|b| b.since >= self.patience)
    }
}

/// Whether the goal is one that is maximized as it is written.
fn maximizes(typed: &Typed) -> bool {
    typed.train.players.first().is_some_and(|p| p.maximize && !p.derived)
}
