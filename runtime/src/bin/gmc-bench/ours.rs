//! Our own side: a session in training.

use gmc_compiler::derive::Compiled;
use gmc_compiler::diag::render::Format;
use gmc_compiler::rows::setting::Seed;
use gmc_compiler::types::Typed;
use gmc_runtime::console::Messages;
use gmc_runtime::exec::DeviceChoice;
use gmc_runtime::failure::Failure;
use gmc_runtime::session::stand_in::stand_in;
use gmc_runtime::session::{Session, load};
use gmc_runtime::train::Trainer;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

/// A session on the CPU with initial parameters, and whether its data is random.
pub fn open(path: &Path) -> Result<(Session, bool), Failure> {
    open_with(path, |_, _| {})
}

/// The same after something was changed of the programs.
pub fn open_with(
    path: &Path,
    change: impl FnOnce(&Typed, &mut Compiled),
) -> Result<(Session, bool), Failure> {
    let text = load::read_spec(path)?;
    let unit = load::unit(&path.display().to_string(), &text, path.parent().unwrap_or(Path::new("")), &[]);
    load::report(&unit, Messages { format: Format::Short, color: false })?;
    let (Some(typed), Some(mut compiled)) = (unit.typed, unit.compiled) else {
        return Err(Failure::new(format!("{} did not compile", path.display())));
    };
    change(&typed, &mut compiled);
    let (sets, random) = match load::data(&typed) {
        Ok(sets) => (sets, false),
        Err(_) => (stand_in(&typed), true),
    };
    let mut s = Session::new(typed, compiled, load::device(DeviceChoice::Cpu)?, sets);
    s.init(Seed::of(&s.typed.train.settings))?;
    Ok((s, random))
}

/// A session in training.
pub struct Ours {
    /// It.
    pub session: Session,
    trainer: Trainer,
    step: u64,
}

impl Ours {
    /// At its beginning.
    pub fn new(session: Session) -> Ours {
        let trainer = Trainer::new(&session);
        Ours { session, trainer, step: 0 }
    }
    /// Milliseconds a round, over `n` rounds.
    pub fn turn(&mut self, n: u64) -> Result<f64, Failure> {
        let start = Instant::now();
        for _ in 0..n {
            black_box(self.trainer.round(&mut self.session, self.step)?);
            self.step += 1;
        }
        Ok(start.elapsed().as_secs_f64() * 1e3 / n as f64)
    }
}
