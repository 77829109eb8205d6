//! Flags and verbs that other programs have: what to write here instead.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use gmc_compiler::diag::foreign::{Place, advice};

/// The command line's complaint, with our word for what was written where we know what is meant.
pub fn wrong(e: clap::Error) -> clap::Error {
    let (kind, place, what) = if e.kind() == ErrorKind::UnknownArgument {
        (ContextKind::InvalidArg, Place::Flag, "flag")
    } else if e.kind() == ErrorKind::InvalidSubcommand {
        (ContextKind::InvalidSubcommand, Place::Verb, "verb")
    } else {
        return e;
    };
    let Some(ContextValue::String(word)) = e.get(kind) else { return e };
    let bare = word.trim_start_matches('-').split('=').next().unwrap_or_default();
    match advice(bare, place) {
        Some(ours) => {
            clap::Error::raw(e.kind(), format!("there is no {what} `{word}`\n  = help: write {ours}\n"))
        }
        None => e,
    }
}
