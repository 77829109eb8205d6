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
}

impl Form {
    fn ending(self) -> &'static str {
        match self {
            Form::Png => ".png",
            Form::Npy => ".npy",
            Form::Csv => ".csv",
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
            Some((path, Form::Csv | Form::Png)) => atomic_write(path, csv().as_bytes()),
            None => say(&csv()),
        }
    }
}

/// What is no picture.
pub fn no_picture(ty: &EventTy, path: &Path) -> Failure {
    let message = format!("cannot draw {ty} as {}: write .npy or .csv", path.display());
    Failure::new(message).at("draw", path)
}
