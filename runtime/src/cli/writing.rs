//! Text as it is shown: passages below each other, each with its number.

use super::output::Form;
use crate::console::say;
use crate::failure::Failure;
use crate::session::writing::{Alphabet, Unknown};
use crate::show::text::{Passage, passages};
use crate::store::atomic_write;
use std::path::Path;

/// Writes passages into a file, or onto standard output.
///
/// # Errors
/// A file that cannot be written.
pub fn write(all: &[Passage], out: Option<(&Path, Form)>) -> Result<(), Failure> {
    let text = passages(all);
    match out {
        Some((path, _)) => atomic_write(path, text.as_bytes()),
        None => say(&text),
    }
}

/// The elements of a text of the user.
///
/// # Errors
/// The characters that the data of the run do not have.
pub fn elements(alphabet: Alphabet<'_>, text: &str) -> Result<Vec<f32>, Failure> {
    alphabet.elements(text).map_err(|Unknown(chars)| {
        let all: Vec<String> = chars.iter().map(|c| format!("{c:?}")).collect();
        let (what, they) =
            if all.len() == 1 { ("the character", "it is") } else { ("the characters", "they are") };
        Failure::new(format!("the text that this run was trained on does not have {what} {}", all.join(", ")))
            .help(format!("leave out what the model has never seen: {they} in no class of its data; `data.ron` of the run lists those it knows"))
    })
}
