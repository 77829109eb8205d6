//! Text that a model draws: passages below each other, each with a line above it.

use crate::exec::{ExecError, Tensor};
use crate::measure::samples::{draw, find};
use crate::session::Session;
use gmc_compiler::derive::{Output, Question};
use std::fmt::Write;

/// A text, and what is written above it.
pub type Passage = (String, String);

/// `n` draws of the variable that is text, each by its number and what it was drawn given, from the model that is asked; none where none is
/// text.
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
    let given = given(s, n);
    let title = |i: usize| match given.get(i).map(String::as_str) {
        None | Some("") => (i + 1).to_string(),
        Some(given) => format!("{} given {given}", i + 1),
    };
    let texts = values.chunks(size).enumerate().map(|(i, v)| (title(i), alphabet.text(v)));
    Ok(Some(texts.collect()))
}

/// What each of `n` draws of a conditional model is given, in words: `y = 3, x = abc`.
fn given(s: &Session, n: usize) -> Vec<String> {
    let (Ok(answer), Some(m)) = (s.answer(Question::Sample), s.model()) else { return Vec::new() };
    let all = s.conditions(&answer.program, 0, n);
    let mut lines = vec![String::new(); n];
    for name in &m.conds {
        let Some((values, ty)) = all.get(name).map(Tensor::to_f32).zip(s.data_type(name)) else { continue };
        let value = |v: &[f32]| match s.alphabet(name) {
            Some(alphabet) => alphabet.text(v),
            None => v.iter().map(|v| in_words(*v, s.labels(name))).collect::<Vec<_>>().join(" "),
        };
        for (line, v) in lines.iter_mut().zip(values.chunks(ty.size().max(1))) {
            let before = if line.is_empty() { "" } else { ", " };
            let _ = write!(line, "{before}{name} = {}", value(v));
        }
    }
    lines
}

/// A number, or what its class is called.
fn in_words(v: f32, labels: &[String]) -> String {
    labels.get(v as usize).cloned().unwrap_or_else(|| v.to_string())
}

/// All of them, below each other.
pub fn passages(all: &[Passage]) -> String {
    let mut out = String::new();
    for (title, text) in all {
        let _ = writeln!(out, "--- {title}\n{text}");
    }
    out
}
