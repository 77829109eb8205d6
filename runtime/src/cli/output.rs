//! Files that verbs write: which endings they know, and tables of numbers.

use crate::console::say;
use crate::failure::Failure;
use crate::show::table;
use crate::store::atomic_write;
use gmc_compiler::event::EventTy;
use gmc_compiler::rows::data::MISSING;
use gmc_compiler::rows::data::elsewhere::elements;
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

/// What stands for standard output where a file is named.
const STANDARD: &str = "-";

/// Whether standard output is asked for by `-`.
pub fn is_standard(out: Option<&Path>) -> bool {
    out == Some(Path::new(STANDARD))
}

/// What to write into a file of this name, which must be one of these; asked before anything is computed. Onto standard output, `-`, a table.
///
/// # Errors
/// A name with another ending.
pub fn form(out: Option<&Path>, known: &[Form]) -> Result<Option<Form>, Failure> {
    let Some(path) = out else { return Ok(None) };
    if is_standard(out) {
        return Ok(Some(Form::Csv));
    }
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

/// Writes a file whole or not at all, or onto standard output.
///
/// # Errors
/// A file that cannot be written.
pub fn put(path: &Path, text: &str) -> Result<(), Failure> {
    if is_standard(Some(path)) { say(text) } else { atomic_write(path, text.as_bytes()) }
}

/// Numbers in rows, to be written into a file or onto standard output.
pub struct Table<'a> {
    /// What stands in a row, one beside the other.
    pub columns: &'a [&'a str],
    /// What the elements of the first are called; those of the others have its name before them.
    pub elements: &'a [String],
    /// The numbers of the rows, where they have some.
    pub rows: Option<&'a [usize]>,
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
        let csv = || csv(self.rows, &self.apart(width));
        match out {
            Some((path, Form::Npy)) => {
                let columns = self.columns.len();
                let mut full = vec![self.values.len() / (width * columns).max(1)];
                full.extend((columns > 1).then_some(columns));
                full.extend(self.shape);
                atomic_write(path, &table::npy(&full, self.values).unwrap_or_default())
            }
            Some((path, Form::Csv | Form::Png | Form::Txt)) => put(path, &csv()),
            None => say(&csv()),
        }
    }

    /// What stands side by side, each on its own.
    fn apart(&self, width: usize) -> Vec<Column<'_>> {
        let all = self.columns.len().max(1);
        let of = |(i, name): (usize, &&str)| {
            let values = self.values.chunks(width).skip(i).step_by(all).flatten().copied().collect();
            let mut column = Column::new((*name).to_string(), self.shape.to_vec(), values, false);
            // As `x.0` stands beside `reconstruction.0`, `amount` does beside `reconstruction.amount`.
            let own = self.columns.first().and_then(|first| {
                let plain = elements(first, width);
                (plain != self.elements && self.elements.len() == width).then_some(self.elements)
            });
            column.names = match (own, i) {
                (Some(own), 0) => own.to_vec(),
                (Some(own), _) => own.iter().map(|e| format!("{name}.{e}")).collect(),
                (None, _) => column.names,
            };
            column
        };
        self.columns.iter().enumerate().map(of).collect()
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
    /// What its elements are called.
    pub names: Vec<String>,
    /// What classes are called, by number; none where they are numbers.
    pub labels: &'a [String],
}

impl Column<'_> {
    /// Numbers of this name.
    pub fn new(name: String, shape: Vec<usize>, values: Vec<f32>, whole: bool) -> Column<'static> {
        let names = elements(&name, shape.iter().product());
        Column { name, shape, values, whole, names, labels: &[] }
    }

    fn width(&self) -> usize {
        self.shape.iter().product::<usize>().max(1)
    }

    /// The texts of row `i`, as CSV has them.
    fn cells(&self, i: usize) -> impl Iterator<Item = String> {
        let row = self.values.chunks(self.width()).nth(i).unwrap_or(&[]);
        row.iter().map(|v| match self.labels.get(*v as usize).filter(|_| *v >= 0.0) {
            Some(label) => quoted(label),
            // What was missing in the data is here, too.
            None if *v == MISSING => String::new(),
            None => v.to_string(),
        })
    }
}

/// A cell of CSV (RFC 4180): in quotes where it must be.
pub fn quoted(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_string(),
    }
}

/// Writes several things of every row side by side, each by its name: as CSV, with the numbers of the rows first where they have some, where classes are written as they are called, or as NPY: one of
/// them as an array of numbers, several as an array of records with a field for each (`numpy.load(..)["x"]`), whole numbers as integers.
///
/// # Errors
/// A file that cannot be written.
pub fn write_columns(
    rows: Option<&[usize]>,
    columns: &[Column<'_>],
    out: Option<(&Path, Form)>,
) -> Result<(), Failure> {
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
        (Some((path, Form::Csv | Form::Png | Form::Txt)), all) => put(path, &csv(rows, all)),
        (None, all) => say(&csv(rows, all)),
    }
}

/// The name of the column with the numbers of the rows.
pub const ROW: &str = "row";

fn csv(numbers: Option<&[usize]>, columns: &[Column<'_>]) -> String {
    let names = columns.iter().flat_map(|c| c.names.iter().map(|n| quoted(n)));
    let header: Vec<String> = numbers.map(|_| ROW.to_string()).into_iter().chain(names).collect();
    let rows = columns.iter().map(|c| c.values.len() / c.width()).min().unwrap_or(0);
    let mut text = header.join(",") + "\n";
    for i in 0..rows {
        let number = numbers.map(|all| all.get(i).copied().unwrap_or(i + 1).to_string());
        let cells: Vec<String> = number.into_iter().chain(columns.iter().flat_map(|c| c.cells(i))).collect();
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
