//! Standard output for results, standard error for people. A reader that went away ends no run.

use crate::failure::Failure;
use gmc_compiler::diag::render::Format;
use std::io::{ErrorKind, Write};

/// How messages are shown.
#[derive(Clone, Copy, Debug)]
pub struct Messages {
    /// Human, short or JSON.
    pub format: Format,
    /// ANSI colours.
    pub color: bool,
}

/// Says something to a person on standard error.
pub fn note(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Prints a result to standard output.
///
/// # Errors
/// What the system says of a full disk and the like.
pub fn say(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(e) => Err(Failure::file("write to", "standard output", e)),
        Ok(()) => Ok(()),
    }
}
