//! Events of a file that are read before they are wanted, by a thread of their own.

use gmc_compiler::rows::data::{DataIssue, Stored};
use std::sync::mpsc::{Receiver, Sender, channel};

/// What was asked for: the number of the minibatch, and its events by their numbers in the file.
type Wanted = (u64, Vec<usize>);
/// What was read for it.
type Read = (u64, Result<Vec<f32>, DataIssue>);

/// A thread that reads the next minibatch while one is trained on.
#[derive(Debug)]
pub struct Ahead {
    ask: Sender<Wanted>,
    answers: Receiver<Read>,
    /// The minibatch that is being read.
    pending: Option<u64>,
}

impl Ahead {
    /// A thread that reads these events. It ends with what asks it.
    pub fn of(stored: &Stored) -> Ahead {
        let (ask, wanted) = channel::<Wanted>();
        let (answer, answers) = channel::<Read>();
        let stored = stored.clone();
        std::thread::spawn(move || {
            while let Ok((draw, events)) = wanted.recv() {
                if answer.send((draw, all(&stored, &events))).is_err() {
                    return;
                }
            }
        });
        Ahead { ask, answers, pending: None }
    }

    /// The events of a minibatch, if they were asked for; else nothing.
    pub fn take(&mut self, draw: u64) -> Option<Result<Vec<f32>, DataIssue>> {
        // Players that move in turn may read one minibatch after the other.
        if self.pending != Some(draw) {
            return None;
        }
        self.pending = None;
        self.answers.recv().ok().map(|(_, values)| values)
    }

    /// Asks for the events of a minibatch that will be wanted.
    pub fn ask(&mut self, draw: u64, events: Vec<usize>) {
        if self.pending == Some(draw) {
            return;
        }
        // What nobody came for.
        if self.pending.take().is_some() && self.answers.recv().is_err() {
            return;
        }
        self.pending = self.ask.send((draw, events)).is_ok().then_some(draw);
    }
}

/// Events one after the other.
///
/// # Errors
/// As [`Stored::read`].
pub fn all(stored: &Stored, events: &[usize]) -> Result<Vec<f32>, DataIssue> {
    let mut values = Vec::new();
    events.iter().try_for_each(|event| stored.read(*event, &mut values))?;
    Ok(values)
}
