//! What is odd about a datum, and about the size of the data: for messages about values that are not finite.

use super::Session;
use super::rows::About;
use gmc_compiler::event::Kind;
use gmc_compiler::rows::data::{Column, MISSING, Part};
use gmc_compiler::types::TData;

/// Standard deviations from the mean of its column beyond which a number is odd.
const FAR: f64 = 6.0;
/// Numbers of this size are too large for the initial weights of nets, which are made for numbers near 1.
const LARGE: f64 = 1e3;

/// Which part of the data is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// What is trained on.
    Train,
    /// What is measured on.
    Test,
}

/// Mean and standard deviation of one element of a column.
fn moments(column: &Column, element: usize) -> (f64, f64) {
    let each = || column.known(element).map(f64::from);
    let n = each().count().max(1) as f64;
    let mean = each().sum::<f64>() / n;
    (mean, (each().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt())
}

/// A number in at most some ten characters.
fn short(x: f64) -> String {
    if x.abs() < 1e7 && x.abs() > 1e-4 { format!("{x}") } else { format!("{x:.4e}") }
}

/// `x`, or `x[3]` where there are several elements.
fn name(variable: &str, column: &Column, element: usize) -> String {
    if column.ty.size() > 1 { format!("{variable}[{element}]") } else { variable.to_string() }
}

impl Session {
    /// A datum in words: its row in the source, and its element that is farthest out, or lies at an end of its range.
    pub fn oddest(&self, item: usize, of: Of, row: usize) -> String {
        let (Some(data), Some(sets)) = (self.typed.data.get(item), self.sets.get(item)) else {
            return format!("row {}", row + 1);
        };
        let part = match of {
            Of::Train => &sets.train,
            Of::Test => &sets.test,
        };
        let place = match (of, part.rows.is_empty()) {
            (Of::Test, true) if matches!(self.about, About::File(_)) => {
                format!("row {} of {}", row + 1, self.about.name())
            }
            (Of::Test, true) => format!("row {} of the test part", row + 1),
            (Of::Test, false) | (Of::Train, _) => format!("row {}", part.row(row)),
        };
        match odd_element(data, &sets.train, part, row) {
            Some(what) => format!("{place} ({what})"),
            None => place,
        }
    }

    /// The variable of the data with the largest numbers, where those are too large to begin with: what is said of it.
    pub fn unscaled(&self) -> Option<String> {
        let columns = self.typed.data.iter().zip(&self.sets).filter(|(item, _)| !item.dynamic);
        let columns = columns.flat_map(|(item, set)| item.vars.iter().zip(&set.train.columns));
        let mut worst: Option<(f64, String)> = None;
        for (v, column) in columns.filter(|(v, _)| matches!(v.ty.kind, Kind::Real(_))) {
            let size = column.ty.size().max(1);
            for (i, x) in column.values.iter().enumerate().filter(|(_, x)| **x != MISSING) {
                let x = f64::from(x.abs());
                if x >= LARGE && worst.as_ref().is_none_or(|(most, _)| x > *most) {
                    worst = Some((x, name(&v.name, column, i % size)));
                }
            }
        }
        worst.map(|(most, name)| format!("the numbers of `{name}` reach {}", short(most)))
    }
}

/// The element of a datum that lies at an end of its range, or else the one farthest out, where it is far.
fn odd_element(data: &TData, train: &Part, part: &Part, row: usize) -> Option<String> {
    let mut far: Option<(f64, String)> = None;
    let all = data.vars.iter().zip(&part.columns).zip(&train.columns);
    for ((v, column), known) in all.filter(|((v, _), _)| matches!(v.ty.kind, Kind::Real(_))) {
        let size = column.ty.size().max(1);
        let (lo, hi) = v.ty.kind.support().ends();
        let mut values = Vec::new();
        match &part.stored {
            Some(stored) if std::ptr::eq(part.columns.as_ptr(), column) => {
                // What cannot be read is told by what runs on it.
                let _ = stored.read(part.event(row), &mut values);
            }
            _ => values.extend(column.values.iter().skip(row * size).take(size)),
        }
        for (element, x) in values.iter().enumerate().filter(|(_, x)| **x != MISSING) {
            let x = f64::from(*x);
            let name = name(&v.name, column, element);
            if x <= lo || x >= hi {
                return Some(format!("`{name}` is {x}, an end of its range"));
            }
            let (mean, std) = moments(known, element);
            let off = (x - mean).abs() / std.max(1e-30);
            if off > FAR && far.as_ref().is_none_or(|(most, _)| off > *most) {
                far = Some((
                    off,
                    format!("`{name}` is {}, {off:.0} standard deviations from its mean", short(x)),
                ));
            }
        }
    }
    far.map(|(_, what)| what)
}
