//! Text that a model draws: passages below each other, each with a line above it.

use crate::exec::ExecError;
use crate::measure::samples::{draw, find};
use crate::session::Session;
use gmc_compiler::derive::{Output, Question};
use std::fmt::Write;

/// A text, and what is written above it.
pub type Passage = (String, String);

/// `n` draws of the variable that is text, each by its number, from the model that is asked; none where none is text.
///
/// # Errors
/// What running the program reports.
pub fn samples(s: &mut Session, n: usize, seed: u64) -> Result<Option<Vec<Passage>>, ExecError> {
    let name = s.sampled().into_iter().map(|(name, _)| name).find(|n| s.alphabet(n).is_some());
    let Some(name) = name.filter(|_| s.answer(Question::Sample).is_ok()) else { return Ok(None) };
    let drawn = draw(s, n, seed)?;
    let found = find(&drawn, &Output::Site(name.clone())).zip(s.alphabet(&name));
    let Some(((_, values, shape), alphabet)) = found else { return Ok(None) };
    let size = shape.iter().product::<usize>().max(1);
    let texts = values.chunks(size).enumerate().map(|(i, v)| ((i + 1).to_string(), alphabet.text(v)));
    Ok(Some(texts.collect()))
}

/// All of them, below each other.
pub fn passages(all: &[Passage]) -> String {
    let mut out = String::new();
    for (title, text) in all {
        let _ = writeln!(out, "--- {title}\n{text}");
    }
    out
}
