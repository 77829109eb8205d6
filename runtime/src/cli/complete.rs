//! `gmc complete`: test examples of which a part is given, or the beginning of a text, and the rest drawn from the model, several times each.

use super::altered::How;
use super::args::{RowsArg, RunArg};
use super::ask::{answerable, asked_about, no_examples};
use super::given::Given;
use super::kept::open_on;
use super::output::{Form, Table, form, is_standard, no_picture, no_text};
use super::writing;
use crate::console::{Messages, note, say};
use crate::failure::Failure;
use crate::measure::completion::{Completions, Partly, complete as drawn, site, unread};
use crate::session::Session;
use crate::show::caption::captioned;
use crate::show::image;
use crate::store::{RunDir, atomic_write};
use gmc_compiler::derive::Question;
use gmc_compiler::event::{EventTy, Kind};
use gmc_compiler::rows::order::Order;
use std::collections::BTreeMap;
use std::path::Path;

/// What a completion is asked for with.
pub struct Asked<'a> {
    /// Which part is given.
    pub given: &'a Given,
    /// How the rest is drawn.
    pub how: &'a How,
    /// Completions of each example.
    pub n: usize,
    /// How many examples.
    pub examples: usize,
    /// Where to write.
    pub out: Option<&'a Path>,
}

/// `gmc complete`
pub fn complete(r: &RunArg, rows: &RowsArg, asked: &Asked<'_>, m: Messages) -> Result<(), Failure> {
    let form = form(asked.out, &[Form::Png, Form::Npy, Form::Csv, Form::Txt])?;
    let (dir, mut s) = open_on(r, Some(rows), m, |s| {
        let mut names = asked_about(s, Question::Complete)?;
        if let (Given::Prefix(_), Some((site, _))) = (asked.given, site(s)) {
            names.retain(|n| *n != site);
        }
        Ok(names.into())
    })?;
    let program = answerable(&s, Question::Complete)?.program;
    let found = site(&s).and_then(|(name, order)| Some((s.data_type(&name)?.clone(), name, order)));
    let Some((ty, name, order)) = found else { return Err(Failure::new("nothing to complete")) };
    let part = partly(&s, asked, (&name, &ty))?;
    let first = match order.known_first(&ty.shape, &part.known) {
        0 => BTreeMap::new(),
        n => BTreeMap::from([(name.clone(), n)]),
    };
    How { first, ..asked.how.clone() }.alter(&mut s, &program)?;
    tell_of_unread(&name, &order, &ty, &part.known);
    let shown = Shown { name, ty, n: asked.n, form, out: asked.out };
    let as_picture = shown.is_picture(&s)?;
    let invented = part.instead.is_some();
    let made = drawn(&mut s, &program, &part, asked.n, r.seed)?;
    if shown.is_text(&s) {
        return shown.text(&s, &made, invented);
    }
    if as_picture {
        shown.picture(&dir, &made, &part.known, asked, r.seed)
    } else {
        shown.table(&s, &made, invented)
    }
}

/// What is given of how many examples.
fn partly(s: &Session, asked: &Asked<'_>, (name, ty): (&str, &EventTy)) -> Result<Partly, Failure> {
    if let (Given::Prefix(text), Some(alphabet)) = (asked.given, s.alphabet(name)) {
        let mut values = writing::elements(alphabet, text)?;
        let (given, size) = (values.len(), ty.size());
        if given >= size {
            return Err(Failure::new(format!(
                "the model draws texts of {size} elements, and what is given has {given} already"
            ))
            .help(format!("give a shorter beginning, of at most {}", size.saturating_sub(1))));
        }
        values.resize(size, 0.0);
        let known = (0..size).map(|i| i < given).collect();
        return Ok(Partly { examples: 1, known, instead: Some(values) });
    }
    let known = asked.given.elements(ty)?;
    match s.test_examples().min(asked.examples) {
        0 => Err(no_examples(s)),
        examples => Ok(Partly { examples, known, instead: None }),
    }
}

fn tell_of_unread(name: &str, order: &Order, ty: &EventTy, known: &[bool]) {
    match unread(order, &ty.shape, known) {
        0 => {}
        n => note(&format!(
            "note: {n} of the {} given elements come after drawn ones in the order of `{name}`: they stay as they are, and what is drawn does not depend on them\n",
            known.iter().filter(|k| **k).count()
        )),
    }
}

/// How completions are shown.
struct Shown<'a> {
    name: String,
    ty: EventTy,
    n: usize,
    form: Option<Form>,
    out: Option<&'a Path>,
}

impl Shown<'_> {
    fn is_text(&self, s: &Session) -> bool {
        (self.form.is_none_or(|f| f == Form::Txt) || is_standard(self.out))
            && s.alphabet(&self.name).is_some()
    }

    /// Whether a picture is drawn.
    ///
    /// # Errors
    /// A form that the data do not have.
    fn is_picture(&self, s: &Session) -> Result<bool, Failure> {
        let picture = image::layout(&self.ty).is_some();
        match (self.form, self.out) {
            (Some(Form::Txt), Some(p)) if !self.is_text(s) => Err(no_text(&self.ty, p)),
            (Some(Form::Png), Some(p)) if !picture => Err(no_picture(&self.ty, p)),
            (Some(Form::Png) | None, _) => Ok(picture),
            (Some(Form::Npy | Form::Csv | Form::Txt), _) => Ok(false),
        }
    }

    /// Completions below each other; below their original, where they are of an example.
    fn text(&self, s: &Session, made: &Completions, invented: bool) -> Result<(), Failure> {
        let Some(alphabet) = s.alphabet(&self.name) else { return Ok(()) };
        let size = self.ty.size().max(1);
        let mut all = Vec::new();
        for (i, (x, drawn)) in made.originals.chunks(size).zip(made.drawn.chunks(size * self.n)).enumerate() {
            if !invented {
                all.push((format!("{} as it is", i + 1), alphabet.text(x)));
            }
            for (k, y) in drawn.chunks(size).enumerate() {
                let title =
                    if invented { (k + 1).to_string() } else { format!("{} completed {}", i + 1, k + 1) };
                all.push((title, alphabet.text(y)));
            }
        }
        writing::write(&all, self.out.filter(|_| !is_standard(self.out)).zip(self.form))
    }

    /// Each original, where there is one, with its completions behind it.
    fn table(&self, s: &Session, made: &Completions, invented: bool) -> Result<(), Failure> {
        let all = beside(made, self.ty.size(), self.n);
        let values = if invented { &made.drawn } else { &all };
        let columns: Vec<String> = (1..=self.n).map(|i| format!("{} completed {i}", self.name)).collect();
        let first = (!invented).then_some(self.name.as_str());
        let columns: Vec<&str> = first.into_iter().chain(columns.iter().map(String::as_str)).collect();
        let elements = if invented { Vec::new() } else { s.elements(&self.name, self.ty.size()) };
        let numbers = s.row_numbers(made.originals.len() / self.ty.size().max(1));
        let rows = (!invented).then_some(numbers.as_slice());
        Table { columns: &columns, elements: &elements, rows, shape: &self.ty.shape, values }
            .write(self.out.zip(self.form))
    }

    fn picture(
        &self,
        dir: &RunDir,
        made: &Completions,
        known: &[bool],
        asked: &Asked<'_>,
        seed: u64,
    ) -> Result<(), Failure> {
        let usual = || dir.path().join(format!("images/completions-seed{seed}{}.png", asked.how.named()));
        let path = self.out.map_or_else(usual, Path::to_path_buf);
        let shown = with_given(made, &self.ty, known, self.n);
        let Some(grid) = image::grid(&shown, &self.ty, Some(self.n + 2)) else {
            return Err(Failure::new("nothing to draw"));
        };
        // Each column of the grid is equally wide.
        let column = |i: usize| 2 + i * grid.width / (self.n + 2);
        let last = if self.n > 1 { "completions" } else { "complete" };
        let words = [(column(0), "original"), (column(1), "given"), (column(2), last)];
        atomic_write(&path, &captioned(&grid, &words).png()?)?;
        say(&format!("{}\n", path.display()))
    }
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
        Kind::Bool | Kind::OneHot | Kind::Count => 0.5,
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
