//! Variables as a data item declares them: a name, a type, and what the type says of cells.

use super::DataIssue;
use crate::event::EventTy;

/// What a missing cell is loaded as: the least number of 32 bits.
pub const MISSING: f32 = f32::MIN;

/// Numbers above this are there: [`MISSING`] lies below.
pub const PRESENT: f64 = -3e38;

/// What a declared type says of the cells that a variable is read from, beside what kind of numbers they hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cells {
    /// `Time`: they hold dates.
    pub time: bool,
    /// `Real?`: they may be empty.
    pub missing: bool,
    /// `Class` or `Int` alone: how many values there are is for the source to say.
    pub counted: bool,
}

/// A variable of a data item.
#[derive(Clone, Debug, PartialEq)]
pub struct Declared<'a> {
    /// Its name; empty where only the order of variables counts.
    pub name: &'a str,
    /// Its type; where the source is to say a size, with a stand-in for it.
    pub ty: EventTy,
    /// What is said of its cells.
    pub cells: Cells,
}

impl Declared<'_> {
    /// Types alone, in their order.
    pub fn unnamed(types: &[EventTy]) -> Vec<Declared<'static>> {
        types.iter().map(|ty| Declared { name: "", ty: ty.clone(), cells: Cells::default() }).collect()
    }

    /// The types of variables.
    pub fn types(all: &[Declared<'_>]) -> Vec<EventTy> {
        all.iter().map(|d| d.ty.clone()).collect()
    }

    /// What it is to be called in a message.
    pub(super) fn called(&self) -> String {
        if self.name.is_empty() { "the variable".into() } else { format!("`{}`", self.name) }
    }
}

/// Refuses what only tables have, of a source that has none.
///
/// # Errors
/// The first variable whose cells would be read as dates.
pub(super) fn no_cells(source: &str, all: &[Declared<'_>]) -> Result<(), DataIssue> {
    if let Some(d) = all.iter().find(|d| d.cells.missing) {
        return Err(DataIssue::new(
            format!("`{source}` has no missing cells, and {} is declared with `?`", d.called()),
            "leave the `?` out; missing cells are read from the columns of `csv`",
        ));
    }
    match all.iter().find(|d| d.cells.time) {
        None => Ok(()),
        Some(d) => Err(DataIssue::new(
            format!("`{source}` holds no dates, and {} is declared `Time`", d.called()),
            "declare it `Real`; dates are read from the columns of `csv`",
        )),
    }
}
