//! Numbers in rows: scores for people, samples, densities and representations for other programs.

use crate::measure::scores::{Score, two_digits};
use gmc_compiler::rows::data::MISSING;
use std::fmt::Write;

/// The bytes of a `.npy` file, format version 1.0 (NEP 1): little-endian f32 in C order, NaN for what is missing. `None` where
/// `values.len()` is not the product of `shape`.
pub fn npy(shape: &[usize], values: &[f32]) -> Option<Vec<u8>> {
    if shape.iter().try_fold(1usize, |a, d| a.checked_mul(*d)) != Some(values.len()) {
        return None;
    }
    let mut bytes = header("'<f4'", shape)?;
    bytes.extend(values.iter().flat_map(|v| known(*v).to_le_bytes()));
    Some(bytes)
}

/// A number; of a cell that is missing none (NaN).
fn known(v: f32) -> f32 {
    if v == MISSING { f32::NAN } else { v }
}

/// One field of a record.
pub struct Field<'a> {
    /// Its name.
    pub name: &'a str,
    /// Axes of one of them.
    pub shape: &'a [usize],
    /// Whether they are whole numbers.
    pub whole: bool,
    /// Row by row.
    pub values: &'a [f32],
}

/// The bytes of a `.npy` file of records, format version 1.0 (NEP 1): each field little-endian, f32 or, of whole numbers, i32 (the least of them for what is missing). `None` where the
/// fields have not the same number of rows, or are too many for the format.
pub fn npy_records(fields: &[Field<'_>]) -> Option<Vec<u8>> {
    let width = |f: &Field<'_>| f.shape.iter().product::<usize>().max(1);
    let rows = fields.first().map_or(0, |f| f.values.len() / width(f));
    if fields.iter().any(|f| f.values.len() != rows * width(f)) {
        return None;
    }
    let described = fields.iter().map(|f| {
        let kind = if f.whole { "<i4" } else { "<f4" };
        let axes = if f.shape.is_empty() { String::new() } else { format!(", {}", tuple(f.shape)) };
        format!("('{}', '{kind}'{axes})", f.name)
    });
    let described = format!("[{}]", described.collect::<Vec<_>>().join(", "));
    let mut bytes = header(&described, &[rows])?;
    for i in 0..rows {
        for f in fields {
            for v in f.values.chunks(width(f)).nth(i)? {
                bytes.extend(if f.whole { (*v as i32).to_le_bytes() } else { known(*v).to_le_bytes() });
            }
        }
    }
    Some(bytes)
}

/// Axes as Python writes a tuple: a tuple of one needs its comma, a longer one may not end in a blank.
fn tuple(shape: &[usize]) -> String {
    let axes: String = shape.iter().map(|d| format!("{d}, ")).collect();
    format!("({})", if shape.len() == 1 { axes.trim_end() } else { axes.trim_end_matches(", ") })
}

/// All of a `.npy` file before its elements.
fn header(descr: &str, shape: &[usize]) -> Option<Vec<u8>> {
    let mut header = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {}, }}", tuple(shape));
    // Magic, version and length are 10 bytes; data begin at a multiple of 64, after a line feed.
    let padding = 63 - (10 + header.len()) % 64;
    header.extend(std::iter::repeat_n(' ', padding));
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(header.len()).ok()?.to_le_bytes());
    bytes.extend(header.as_bytes());
    Some(bytes)
}

/// A table with a header: `width` numbers a row, the columns named `name.0`, `name.1` .. (`name` alone where
/// there is one). Numbers are written so that they are read back exactly.
pub fn csv(name: &str, width: usize, values: &[f32]) -> String {
    csv_of(&[name], width, values)
}

/// As [`csv`], with several things side by side in a row, each of `width` numbers and named as it would be
/// alone.
pub fn csv_of(names: &[impl AsRef<str>], width: usize, values: &[f32]) -> String {
    let width = width.max(1);
    let columns = |name: &str| -> Vec<String> {
        (0..width).map(|i| if width == 1 { name.to_string() } else { format!("{name}.{i}") }).collect()
    };
    let all: Vec<String> = names.iter().flat_map(|n| columns(n.as_ref())).collect();
    let mut text = all.join(",") + "\n";
    for row in values.chunks(all.len().max(1)) {
        for (i, v) in row.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            // A cell that was missing in the data is empty here, too.
            let _ = match *v == MISSING {
                true => write!(text, "{comma}"),
                false => write!(text, "{comma}{v}"),
            };
        }
        text.push('\n');
    }
    text
}

/// Scores with their kind, in columns.
pub fn of_scores(scores: &[Score]) -> String {
    let mut out = String::new();
    let width = scores.iter().map(|s| s.title().chars().count()).max().unwrap_or(0);
    for s in scores {
        let title = s.title();
        let pad = " ".repeat(width - title.chars().count());
        let trust = s.trust.describe();
        let beware = if s.caveats.is_empty() { "" } else { ", but see below" };
        let error = s.error.map_or(String::new(), |e| format!(" (± {})", two_digits(e)));
        let _ = writeln!(
            out,
            "{:<8} {title}{pad} {:>12.4} {:<9} {trust}{beware}{error}",
            s.part, s.value.0, s.unit
        );
    }
    for caveat in caveats(scores) {
        let _ = writeln!(out, "warning: {caveat}");
    }
    out
}

/// What must be known before scores are believed, each sentence once.
pub fn caveats(scores: &[Score]) -> Vec<&str> {
    let mut all: Vec<&str> = Vec::new();
    for caveat in scores.iter().flat_map(|s| &s.caveats) {
        if !all.contains(&caveat.as_str()) {
            all.push(caveat);
        }
    }
    all
}

/// Scores as in `scores.json`, an object a line.
pub fn json_of_scores(scores: &[Score]) -> String {
    // Texts and numbers always have a JSON text.
    scores.iter().filter_map(|s| serde_json::to_string(s).ok()).map(|line| line + "\n").collect()
}
