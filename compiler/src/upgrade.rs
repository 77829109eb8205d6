//! Earlier spellings replaced by those of today: `gmc fmt --upgrade`.
//!
//! What an earlier spelling becomes is said once, by the fix of its error: a text is checked, the fixes of what is said of it are made, and
//! so on until none is left. Comments and layout stay, because a fix changes nothing else.

use crate::diag::Diag;
use crate::diag::codes::e0221;
use crate::diag::fix::fixed;
use crate::driver::{Reader, check};
use crate::rows::data::Host;
use crate::span::FileId;
use crate::syntax::parse;
use crate::types::failed;

/// A round makes at least one fix; so many are in no text.
const MOST_ROUNDS: usize = 4096;

/// A text after all fixes, and how many were made.
#[derive(Clone, Debug, PartialEq)]
pub struct Upgraded {
    /// The text.
    pub text: String,
    /// Spellings replaced.
    pub changes: usize,
    /// Whether an `E[..]` of several numbers is among them, which was their mean and is written so now.
    pub averages: bool,
}

/// The text of a spec in the spellings of today. Errors that have no fix stay in it; they are what a check says. `name` is what messages
/// call the file, `reader` gives those named by `use`, whose own earlier spellings do not disturb.
///
/// # Errors
/// When the text has errors of syntax without a fix, for then not all of it is understood; nothing is replaced.
pub fn upgraded(name: &str, text: &str, host: &dyn Host, reader: Reader<'_>) -> Result<Upgraded, Vec<Diag>> {
    let used = |path: &str| reader(path).map(|text| respelled(&text).0.text);
    let mut all = Upgraded { text: text.to_string(), changes: 0, averages: false };
    for _ in 0..MOST_ROUNDS {
        let (read, left) = respelled(&all.text);
        all = Upgraded { text: read.text, changes: all.changes + read.changes, ..all };
        if failed(&left) {
            // Said of the text as its author has it.
            return Err(parse(FileId::SPEC, text).1);
        }
        let said = check(name, &all.text, host, &used, |_| Vec::new()).diags;
        let (text, changes) = fixed(&all.text, FileId::SPEC, &said);
        if changes == 0 {
            break;
        }
        let averages = all.averages || said.iter().any(|d| d.code == e0221::PAGE.code && own(d));
        all = Upgraded { text, changes: all.changes + changes, averages };
    }
    Ok(all)
}

/// The text after the fixes of its errors of syntax, and what is still said of it.
fn respelled(text: &str) -> (Upgraded, Vec<Diag>) {
    let mut all = Upgraded { text: text.to_string(), changes: 0, averages: false };
    for _ in 0..MOST_ROUNDS {
        let (_, said) = parse(FileId::SPEC, &all.text);
        let (text, changes) = fixed(&all.text, FileId::SPEC, &said);
        if changes == 0 {
            return (all, said);
        }
        all = Upgraded { text, changes: all.changes + changes, ..all };
    }
    (all, Vec::new())
}

/// Whether a message is about the spec itself, not about a file that it uses.
fn own(d: &Diag) -> bool {
    d.fix.iter().all(|e| e.span.file == FileId::SPEC)
}
