//! A model on a thread of its own: what it is made of belongs to one thread, and Python has many.

use gmc_runtime::api::Model;
use gmc_runtime::console::overheard;
use gmc_runtime::failure::Failure;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};

type Job = Box<dyn FnOnce(&mut Model) + Send>;

/// The thread's end that asks. The thread ends when this is dropped.
pub struct Worker(Mutex<Sender<Job>>);

impl Worker {
    /// Makes a model on a new thread; whether that went well comes over the channel.
    pub fn start(
        make: impl FnOnce() -> Result<Model, Failure> + Send + 'static,
    ) -> (Worker, Receiver<Result<(), Failure>>) {
        let ((jobs, todo), (made, told)) = (channel::<Job>(), channel());
        std::thread::spawn(move || match make() {
            Ok(mut model) => {
                // Nobody may be there to hear it any more.
                let _ = made.send(Ok(()));
                todo.into_iter().for_each(|job| job(&mut model));
            }
            Err(why) => {
                let _ = made.send(Err(why));
            }
        });
        (Worker(Mutex::new(jobs)), told)
    }

    /// Asks the model, and waits for the answer, with what is to be known about it in words. An error is what `f` reports, or a
    /// thread that has ended by a bug.
    pub fn ask<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Model) -> Result<T, Failure> + Send + 'static,
    ) -> (Result<T, Failure>, String) {
        let (answer, answered) = channel();
        let job: Job = Box::new(move |model| {
            let _ = answer.send(overheard(|| f(model)));
        });
        let jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = jobs.send(job).is_ok();
        drop(jobs);
        answered.recv().ok().filter(|_| sent).unwrap_or_else(|| (Err(ended()), String::new()))
    }
}

/// The thread of a model has panicked: what happened was said on standard error.
pub fn ended() -> Failure {
    Failure::new("this is a bug of gmc: the model answers no more")
}
