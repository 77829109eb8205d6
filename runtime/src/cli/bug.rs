//! What `gmc` says of a bug of its own, a panic: what happened, that no spec is to blame, and what a report
//! of it must hold.

use crate::console::note;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt::Write;
use std::panic::PanicHookInfo;

/// Makes every panic of this process speak to the person who ran it. The process ends as after any panic,
/// with exit code 101; a backtrace follows where `RUST_BACKTRACE` asks for one.
pub fn tell() {
    std::panic::set_hook(Box::new(|info| note(&report(info))));
}

fn report(info: &PanicHookInfo<'_>) -> String {
    let what = info.payload_as_str().unwrap_or("no message");
    let place =
        info.location().map_or(String::new(), |at| format!("{}:{}:{}", at.file(), at.line(), at.column()));
    let words: Vec<String> = std::env::args_os().skip(1).map(|a| a.to_string_lossy().into_owned()).collect();
    let mut out = message(what, &place, &words);
    let trace = Backtrace::capture();
    if trace.status() == BacktraceStatus::Captured {
        let _ = write!(out, "\n{trace}");
    }
    out
}

/// The message for `what` went wrong at `place` under the command line `words`.
fn message(what: &str, place: &str, words: &[String]) -> String {
    let command: Vec<&str> = std::iter::once("gmc").chain(words.iter().map(String::as_str)).collect();
    format!(
        "error: this is a bug of gmc, not of what it was given: {what}\n  = at {place}\n  = help: report it with this message, \
         the spec, the version `gmc {}` and the command `{}`\n",
        env!("CARGO_PKG_VERSION"),
        command.join(" ")
    )
}
