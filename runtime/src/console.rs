//! Standard output for results, standard error for people. A reader that went away ends no run.

use crate::failure::Failure;
use gmc_compiler::diag::render::Format;
use std::cell::RefCell;
use std::io::{ErrorKind, Write};

/// How messages are shown.
#[derive(Clone, Copy, Debug)]
pub struct Messages {
    /// Human, short or JSON.
    pub format: Format,
    /// ANSI colours.
    pub color: bool,
}

thread_local! {
    /// Where what is said to a person on this thread goes instead of to standard error.
    static KEPT: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Does something, and keeps what is said to a person meanwhile on this thread.
pub fn overheard<T>(f: impl FnOnce() -> T) -> (T, String) {
    let before = KEPT.replace(Some(String::new()));
    let out = f();
    (out, KEPT.replace(before).unwrap_or_default())
}

/// Whether what is said to a person now is kept.
pub fn is_overheard() -> bool {
    KEPT.with_borrow(Option::is_some)
}

/// Says something to a person on standard error.
pub fn note(text: &str) {
    let kept = KEPT.with_borrow_mut(|kept| kept.as_mut().map(|all| all.push_str(text)).is_some());
    if kept {
        return;
    }
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
