//! What a spec that is made for a table says of its columns and of the file.

use gmc_compiler::rows::data::survey::{Holds, Surveyed};
use std::path::Path;

/// From so many rows on a file has a validation part.
const PARTED: usize = 50;

/// A column that is read, by the name of its variable.
pub(super) struct Kept<'a> {
    /// What it holds.
    pub column: &'a Surveyed,
    /// The variable.
    pub name: String,
}

impl Kept<'_> {
    /// Whether some of its cells are missing.
    pub fn missing(&self) -> bool {
        self.column.missing > 0
    }

    /// A class that is known in every row: the others may be given it.
    pub fn label(&self) -> Option<usize> {
        match self.column.holds {
            Holds::Texts { different, .. } if !self.missing() => Some(different),
            Holds::Nothing
            | Holds::Constant
            | Holds::RowNumbers
            | Holds::Commas
            | Holds::Flags
            | Holds::Whole { .. }
            | Holds::Skewed { .. }
            | Holds::Numbers { .. }
            | Holds::Dates
            | Holds::Texts { .. } => None,
        }
    }

    /// Its type.
    pub fn ty(&self) -> String {
        let hole = if self.missing() { "?" } else { "" };
        match self.column.holds {
            Holds::Flags => format!("Bool{hole}"),
            Holds::Whole { most, .. } => format!("Int({}){hole}", levels(most)),
            Holds::Skewed { .. } => format!("Real{hole} in positive"),
            Holds::Numbers { .. } | Holds::Nothing | Holds::Constant | Holds::RowNumbers | Holds::Commas => {
                format!("Real{hole}")
            }
            Holds::Dates => format!("Time{hole}"),
            Holds::Texts { .. } => format!("Class{hole}"),
        }
    }
}

/// How many whole numbers a column may hold whose largest is this: a new row may hold a larger one.
pub(super) fn levels(most: f64) -> usize {
    (1.5 * most).ceil() as usize + 2
}

/// A number as a spec says it, three digits of it.
pub(super) fn digits(v: f64) -> String {
    let size = v.abs().log10().floor();
    if v == 0.0 || !size.is_finite() {
        return "0".into();
    }
    if (-4.0..6.0).contains(&size) {
        return format!("{:.*}", (2.0 - size).max(0.0) as usize, v);
    }
    format!("{v:.2e}")
}

/// A name that the language takes, and that none of these is.
pub(super) fn named(wish: &str, taken: &[String]) -> String {
    let mut name: String = wish.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name.insert(0, 'x');
    }
    while taken.contains(&name) {
        name.push('_');
    }
    name
}

/// What a spec says of its file.
pub(super) struct About<'a> {
    /// As the user named it.
    pub file: &'a Path,
    /// As the spec says it.
    pub path: &'a str,
    /// Number of rows.
    pub rows: usize,
    /// A line of comment about the columns that the model leaves out.
    pub left_out: String,
}

impl About<'_> {
    /// How it is trained, at this rate.
    pub fn train(&self, lr: &str) -> String {
        let stop = if self.rows >= PARTED { "  stop(patience: 5)" } else { "" };
        let batch = if self.rows >= 2_000 { 128 } else { 32 };
        format!("train {{ epochs 200  batch {batch}  using adam(lr: {lr}){stop} }}\n")
    }

    /// A number of parts that so many rows can tell apart.
    pub fn parts(&self) -> usize {
        (self.rows / 40).clamp(2, 16)
    }

    /// The source; the columns of these are listed where their variables have other names, or have no names of their own.
    pub fn source(&self, of: &[&Kept<'_>], listed: bool) -> String {
        if !listed && of.len() > 1 && of.iter().all(|k| k.name == k.column.name) {
            return format!("csv(\"{}\")", self.path);
        }
        let names: Vec<String> =
            of.iter().map(|k| format!("\"{}\"", k.column.name.replace('"', "\\\""))).collect();
        format!("csv(\"{}\", columns: [{}])", self.path, names.join(", "))
    }
}
