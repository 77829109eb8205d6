//! A density of the rows of a table, exact and in the units of its columns.

use super::columns::{About, Kept, named};
use super::{mixture, vector};
use crate::failure::Failure;
use crate::session::load::unreadable;
use crate::store::regular;
use gmc_compiler::rows::data::survey::{Holds, Surveyed, survey};
use std::path::Path;

/// Most different texts of a column that are taken for classes.
const CLASSES: usize = 50;

/// Why a column is left out.
fn left_out(c: &Surveyed) -> Option<String> {
    let why = match c.holds {
        Holds::Nothing => "empty".to_string(),
        Holds::Constant if c.missing == 0 => "the same in every row".into(),
        Holds::Constant => "one value, or none".into(),
        Holds::RowNumbers => "a number for each row".into(),
        Holds::Commas => "numbers with commas: write them with a point".into(),
        Holds::Texts { mixed: true, .. } => "texts and numbers".into(),
        Holds::Texts { different, .. } if different > CLASSES => format!("{different} texts"),
        Holds::Dates if c.missing > 0 => "dates, some missing".into(),
        Holds::Flags
        | Holds::Whole { .. }
        | Holds::Skewed { .. }
        | Holds::Numbers { .. }
        | Holds::Texts { .. }
        | Holds::Dates => return None,
    };
    Some(format!("`{}` ({why})", c.name))
}

/// The spec; `path` is the table as the spec says it.
///
/// # Errors
/// A file that cannot be read, columns without names, none that a model could read.
pub(super) fn text(file: &Path, path: &str) -> Result<String, Failure> {
    let bytes = regular::read(file, regular::LOG)?;
    let name = file.display().to_string();
    let found = survey(&name, &bytes).map_err(|issue| unreadable(&name, issue).at("read", file))?;
    let rows = String::from_utf8_lossy(&bytes).lines().filter(|l| !l.trim().is_empty()).count().max(1) - 1;
    let mut kept: Vec<Kept<'_>> = Vec::new();
    let mut out_of_it: Vec<String> = Vec::new();
    for column in &found {
        let second = column.holds == Holds::Dates && kept.iter().any(|k| k.column.holds == Holds::Dates);
        match left_out(column) {
            None if second => out_of_it.push(format!("`{}` (a second date)", column.name)),
            None => {
                let taken: Vec<String> = kept.iter().map(|k| k.name.clone()).collect();
                kept.push(Kept { column, name: named(&column.name, &taken) });
            }
            Some(why) => out_of_it.push(why),
        }
    }
    if kept.iter().all(|k| k.column.holds == Holds::Dates) {
        return Err(Failure::new(format!("{} has no column that a model could draw", file.display()))
            .at("read", file)
            .notes([format!("its columns: {}", out_of_it.join(", "))]));
    }
    let left_out = match out_of_it.as_slice() {
        [] => String::new(),
        some => format!("# Left out: {}.\n", some.join(", ")),
    };
    let about = About { file, path, rows, left_out };
    Ok(vector::text(&about, &kept).unwrap_or_else(|| mixture::text(&about, &kept)))
}
