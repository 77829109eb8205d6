//! Files that verbs write: which endings they know, and tables of numbers.

use crate::console::say;
use crate::failure::Failure;
use crate::show::table;
use crate::store::atomic_write;
use gmc_compiler::event::EventTy;
use std::path::Path;

/// Kinds of file, by the ending of the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A picture.
    Png,
    /// An array for NumPy.
    Npy,
    /// Comma-separated numbers below a header.
    Csv,
    /// Text as it is read.
    Txt,
}

impl Form {
    fn ending(self) -> &'static str {
        match self {
            Form::Png => ".png",
            Form::Npy => ".npy",
            Form::Csv => ".csv",
            Form::Txt => ".txt",
        }
    }
}

/// What to write into a file of this name, which must be one of these; asked before anything is computed.
///
/// # Errors
/// A name with another ending.
pub fn form(out: Option<&Path>, known: &[Form]) -> Result<Option<Form>, Failure> {
    let Some(path) = out else { return Ok(None) };
    let ending = path.extension().map(|e| format!(".{}", e.to_string_lossy().to_lowercase()));
    match known.iter().find(|f| ending.as_deref() == Some(f.ending())) {
        Some(f) => Ok(Some(*f)),
        None => {
            let all: Vec<&str> = known.iter().map(|f| f.ending()).collect();
            let ways = match all.split_last() {
                Some((last, first)) if !first.is_empty() => format!("{} or {last}", first.join(", ")),
                Some(_) | None => all.concat(),
            };
            Err(Failure::file("write", path, format!("give a name that ends in {ways}")))
        }
    }
}

/// Numbers in rows, to be written into a file or onto standard output.
pub struct Table<'a> {
    /// What stands in a row, one beside the other.
    pub columns: &'a [&'a str],
    /// Axes of one of them.
    pub shape: &'a [usize],
    /// Row by row.
    pub values: &'a [f32],
}

impl Table<'_> {
    /// Writes a `.npy` of shape `[rows, ..]` (with an axis of the columns where there are several) or a
    /// `.csv`; CSV onto standard output where there is no file.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, out: Option<(&Path, Form)>) -> Result<(), Failure> {
        let width: usize = self.shape.iter().product::<usize>().max(1);
        let csv = || table::csv_of(self.columns, width, self.values);
        match out {
            Some((path, Form::Npy)) => {
                let columns = self.columns.len();
                let mut full = vec![self.values.len() / (width * columns).max(1)];
                full.extend((columns > 1).then_some(columns));
                full.extend(self.shape);
                atomic_write(path, &table::npy(&full, self.values).unwrap_or_default())
            }
            Some((path, Form::Csv | Form::Png | Form::Txt)) => atomic_write(path, csv().as_bytes()),
            None => say(&csv()),
        }
    }
}

/// One thing of every row, by its name.
pub struct Column<'a> {
    /// Its name.
    pub name: String,
    /// Axes of one of them.
    pub shape: Vec<usize>,
    /// Row by row.
    pub values: Vec<f32>,
    /// Whether they are whole numbers: levels, classes.
    pub whole: bool,
    /// What classes are called, by number; none where they are numbers.
    pub labels: &'a [String],
}

impl Column<'_> {
    fn width(&self) -> usize {
        self.shape.iter().product::<usize>().max(1)
    }

    /// The texts of row `i`, as CSV has them.
    fn cells(&self, i: usize) -> impl Iterator<Item = String> {
        let row = self.values.chunks(self.width()).nth(i).unwrap_or(&[]);
        row.iter().map(|v| match self.labels.get(*v as usize).filter(|_| *v >= 0.0) {
            Some(label) => quoted(label),
            None => v.to_string(),
        })
    }
}

/// A cell of CSV (RFC 4180): in quotes where it must be.
fn quoted(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_string(),
    }
}

/// Writes several things of every row side by side, each by its name: as CSV, where classes are written as they are called, or as NPY: one of
/// them as an array of numbers, several as an array of records with a field for each (`numpy.load(..)["x"]`), whole numbers as integers.
///
/// # Errors
/// A file that cannot be written.
pub fn write_columns(columns: &[Column<'_>], out: Option<(&Path, Form)>) -> Result<(), Failure> {
    match (out, columns) {
        (Some((path, Form::Npy)), [only]) => {
            let mut full = vec![only.values.len() / only.width()];
            full.extend(&only.shape);
            atomic_write(path, &table::npy(&full, &only.values).unwrap_or_default())
        }
        (Some((path, Form::Npy)), all) => {
            let fields: Vec<table::Field<'_>> = all
                .iter()
                .map(|c| table::Field { name: &c.name, shape: &c.shape, whole: c.whole, values: &c.values })
                .collect();
            atomic_write(path, &table::npy_records(&fields).unwrap_or_default())
        }
        (Some((path, Form::Csv | Form::Png | Form::Txt)), all) => atomic_write(path, csv(all).as_bytes()),
        (None, all) => say(&csv(all)),
    }
}

fn csv(columns: &[Column<'_>]) -> String {
    let names = |c: &Column<'_>| -> Vec<String> {
        match c.width() {
            1 => vec![c.name.clone()],
            n => (0..n).map(|i| format!("{}.{i}", c.name)).collect(),
        }
    };
    let header: Vec<String> = columns.iter().flat_map(names).collect();
    let rows = columns.iter().map(|c| c.values.len() / c.width()).min().unwrap_or(0);
    let mut text = header.join(",") + "\n";
    for i in 0..rows {
        let cells: Vec<String> = columns.iter().flat_map(|c| c.cells(i)).collect();
        text += &cells.join(",");
        text.push('\n');
    }
    text
}

/// What is no picture.
pub fn no_picture(ty: &EventTy, path: &Path) -> Failure {
    let message = format!("cannot draw {ty} as {}: write .npy or .csv", path.display());
    Failure::new(message).at("draw", path)
}

/// What is no text.
pub fn no_text(ty: &EventTy, path: &Path) -> Failure {
    let message = format!("cannot write {ty} as {}: it is no text; write .npy or .csv", path.display());
    Failure::new(message).at("write", path)
}
