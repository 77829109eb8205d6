//! What is asked of another file: which variables of a data item, and what they are called there.

use super::{Cells, DataIssue, Declared, Part};
use crate::event::EventTy;

/// A variable that is read from another file.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Its number in the data item.
    pub number: usize,
    /// Its name.
    pub name: &'a str,
    /// What each event is.
    pub ty: &'a EventTy,
    /// What is said of the cells that it is read from.
    pub cells: Cells,
    /// What its elements are called in the item's own source; empty where they have no names.
    pub columns: &'a [String],
    /// What its classes are called, by number; empty where they are numbers.
    pub classes: &'a [String],
}

impl Wanted<'_> {
    /// What its elements are called in a table: as in the item's own source, else `x`, or `x.0`, `x.1`, ..
    pub fn elements(&self) -> Vec<String> {
        match self.columns.len() == self.ty.size() {
            true => self.columns.to_vec(),
            false => elements(self.name, self.ty.size()),
        }
    }
}

/// What the elements of a variable without names are called in a table.
pub fn elements(name: &str, size: usize) -> Vec<String> {
    match size {
        0 | 1 => vec![name.to_string()],
        n => (0..n).map(|i| format!("{name}.{i}")).collect(),
    }
}

/// What is read from where.
#[derive(Clone, Copy, Debug)]
pub struct Elsewhere<'a> {
    /// The file or folder.
    pub file: &'a str,
    /// The variables that are read, in the order of the item.
    pub variables: &'a [Wanted<'a>],
    /// The types of all variables of the item.
    pub item: &'a [EventTy],
}

impl Elsewhere<'_> {
    /// The types of the variables.
    pub(super) fn types(&self) -> Vec<EventTy> {
        self.variables.iter().map(|v| v.ty.clone()).collect()
    }

    /// The variables as a source loads them.
    pub(super) fn declared(&self) -> Vec<Declared<'_>> {
        self.variables.iter().map(|v| Declared { name: v.name, ty: v.ty.clone(), cells: v.cells }).collect()
    }

    /// Of columns for all variables those that are read.
    pub(super) fn picked(&self, part: Part) -> Part {
        let columns = self.variables.iter().filter_map(|v| part.columns.get(v.number).cloned()).collect();
        Part { n: part.n, columns, ..Part::default() }
    }
}

/// What holds one variable where several are read.
pub(super) fn one_variable(from: &Elsewhere<'_>) -> DataIssue {
    let names: Vec<String> = from.variables.iter().map(|v| format!("`{}`", v.name)).collect();
    let columns: Vec<String> = from.variables.iter().filter_map(|v| v.elements().first().cloned()).collect();
    DataIssue::new(
        format!("`{}` holds one variable, and {} are needed", from.file, names.join(" and ")),
        format!("give a table (.csv) with a column for each element, named `{}` ..", columns.join("`, `")),
    )
}
