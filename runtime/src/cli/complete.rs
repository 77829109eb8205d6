//! `gmc complete`: test examples of which a part is given, and the rest drawn from the model, several times each.

use super::args::RunArg;
use super::ask::{answerable, asked_about, no_test_examples};
use super::given::Given;
use super::kept::open;
use super::output::{Form, Table, form, no_picture};
use crate::console::{Messages, note, say};
use crate::failure::Failure;
use crate::measure::completion::{Completions, complete as drawn, site, unread};
use crate::show::image;
use crate::store::atomic_write;
use gmc_compiler::derive::Question;
use gmc_compiler::event::{EventTy, Kind};
use std::path::Path;

/// What a completion is asked for with.
pub struct Asked<'a> {
    /// Which part is given.
    pub given: &'a Given,
    /// Completions of each example.
    pub n: usize,
    /// How many examples.
    pub examples: usize,
    /// Where to write.
    pub out: Option<&'a Path>,
}

/// `gmc complete`
pub fn complete(r: &RunArg, asked: &Asked<'_>, m: Messages) -> Result<(), Failure> {
    let form = form(asked.out, &[Form::Png, Form::Npy, Form::Csv])?;
    let (dir, mut s) = open(r, m, |s| asked_about(s, Question::Complete))?;
    let program = answerable(&s, Question::Complete)?.program;
    let found = site(&s).and_then(|(name, order)| Some((s.data_type(&name)?.clone(), name, order)));
    let Some((ty, name, order)) = found else { return Err(Failure::new("nothing to complete")) };
    let known = asked.given.elements(&ty)?;
    match unread(&order, &ty.shape, &known) {
        0 => {}
        n => note(&format!(
            "note: {n} of the {} given elements come after drawn ones in the order of `{name}`: they stay as they are, and what is drawn does not depend on them\n",
            known.iter().filter(|k| **k).count()
        )),
    }
    let examples = s.test_examples().min(asked.examples);
    if examples == 0 {
        return Err(no_test_examples());
    }
    let picture = image::layout(&ty).is_some();
    let as_picture = match (form, asked.out) {
        (Some(Form::Png), Some(p)) if !picture => return Err(no_picture(&ty, p)),
        (Some(Form::Png) | None, _) => picture,
        (Some(Form::Npy | Form::Csv), _) => false,
    };
    let made = drawn(&mut s, &program, (examples, asked.n), &known, r.seed)?;
    if !as_picture {
        let values = beside(&made, ty.size(), asked.n);
        let columns: Vec<String> = (1..=asked.n).map(|i| format!("{name} completed {i}")).collect();
        let columns: Vec<&str> =
            std::iter::once(name.as_str()).chain(columns.iter().map(String::as_str)).collect();
        return Table { columns: &columns, shape: &ty.shape, values: &values }.write(asked.out.zip(form));
    }
    let usual = || dir.path().join(format!("images/completions-seed{}.png", r.seed));
    let path = asked.out.map_or_else(usual, Path::to_path_buf);
    let shown = with_given(&made, &ty, &known, asked.n);
    let Some(grid) = image::grid(&shown, &ty, Some(asked.n + 2)) else {
        return Err(Failure::new("nothing to draw"));
    };
    atomic_write(&path, &grid.png()?)?;
    say(&format!("{}\n", path.display()))
}

/// Each original with its completions behind it.
fn beside(made: &Completions, size: usize, n: usize) -> Vec<f32> {
    let size = size.max(1);
    let pairs = made.originals.chunks(size).zip(made.drawn.chunks(size * n));
    pairs.flat_map(|(x, all)| x.iter().chain(all)).copied().collect()
}

/// A row for each example: the original, what is given of it on middle grey, its completions.
fn with_given(made: &Completions, ty: &EventTy, known: &[bool], n: usize) -> Vec<f32> {
    let size = ty.size().max(1);
    let grey = match ty.kind {
        Kind::Int(levels) | Kind::Class(levels) => (levels as f32 - 1.0) / 2.0,
        Kind::Bool | Kind::OneHot => 0.5,
        Kind::Real(support) => match support.ends() {
            (lo, hi) if lo.is_finite() && hi.is_finite() => ((lo + hi) / 2.0) as f32,
            _ => 0.5,
        },
    };
    let mut out = Vec::new();
    for (x, all) in made.originals.chunks(size).zip(made.drawn.chunks(size * n)) {
        out.extend(x);
        out.extend(x.iter().zip(known).map(|(x, k)| if *k { *x } else { grey }));
        out.extend(all);
    }
    out
}
