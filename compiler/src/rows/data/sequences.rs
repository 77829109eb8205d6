//! Sequences whose lengths differ: what of an event `[T, ..]` belongs to it, and rows of a table that belong together.

use super::table::Table;
use super::{DataIssue, DataRow};
use crate::event::{EventTy, Kind};
use crate::rows::args::{ArgKind, Args, ParamSpec};

/// `sequence:` of tables.
pub(super) const SEQUENCE: ParamSpec = ParamSpec {
    name: "sequence",
    kind: ArgKind::Any,
    default: Some(""),
    doc: "Name or number of a column that says to which sequence a row belongs: rows with the same cell, one below the other, are one event `[T, columns]`, and a second variable is its length.",
};

/// Puts what stands behind the end of each event to 0.
pub(super) fn cut(values: &mut [f32], ty: &EventTy, lengths: &[usize]) {
    let size = ty.size().max(1);
    let place = size / ty.shape.first().copied().unwrap_or(1).max(1);
    for (event, n) in values.chunks_mut(size).zip(lengths) {
        event.iter_mut().skip(n * place).for_each(|v| *v = 0.0);
    }
}

/// Lengths as they were read, each a whole number of at most `longest`.
///
/// # Errors
/// The first that is none.
pub(super) fn lengths(file: &str, values: &[f32], longest: usize) -> Result<Vec<usize>, DataIssue> {
    let fits = |v: &f32| *v >= 0.0 && v.fract() == 0.0 && *v as usize <= longest;
    match values.iter().position(|v| !fits(v)) {
        None => Ok(values.iter().map(|v| *v as usize).collect()),
        Some(at) => {
            let value = values.get(at).copied().unwrap_or(f32::NAN);
            let message = format!("`{file}` holds a length that is no whole number from 0 to {longest}");
            Err(DataIssue::new(message, "write how many places of each event are its own")
                .note(format!("that of event {at} is {value}")))
        }
    }
}

/// The rows of a table that are one sequence each: where they begin, and how many they are.
pub(super) struct Sequences {
    /// First row and number of rows of each.
    pub all: Vec<(usize, usize)>,
    /// The most rows of one.
    pub longest: usize,
}

impl Sequences {
    /// Rows with the same cell in a column.
    ///
    /// # Errors
    /// Rows of a sequence that stand apart from each other.
    pub(super) fn of(table: &Table, column: usize) -> Result<Sequences, DataIssue> {
        let mut all: Vec<(usize, usize)> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for row in 0..table.len() {
            let cell = table.cell(row, column);
            match all.last_mut().filter(|(first, _)| table.cell(*first, column) == cell) {
                Some((_, n)) => *n += 1,
                None if seen.insert(cell) => all.push((row, 1)),
                None => {
                    let message =
                        format!("`{}` holds the rows of a sequence apart from each other", table.file);
                    return Err(DataIssue::new(
                        message,
                        "sort the file, so that the rows of a sequence follow each other",
                    )
                    .note(table.place(row, column)));
                }
            }
        }
        let longest = all.iter().map(|(_, n)| *n).max().unwrap_or(0);
        Ok(Sequences { all, longest })
    }

    /// The types of the events and of their lengths, where asked for, as near to the declared ones as the rows allow.
    ///
    /// # Errors
    /// Sequences of different lengths without a variable that says so.
    pub(super) fn types(
        &self,
        table: &Table,
        declared: &[EventTy],
        width: usize,
    ) -> Result<Vec<EventTy>, DataIssue> {
        let shortest = self.all.iter().map(|(_, n)| *n).min().unwrap_or(0);
        if declared.len() < 2 && shortest != self.longest {
            let message = format!("the sequences of `{}` differ in length", table.file);
            let help = format!(
                "declare a second variable that holds their lengths, `data (x: .., n: Int({})) from ..`, and draw as many: `x[t in forward(until: n)]`",
                self.longest + 1
            );
            return Err(DataIssue::new(message, help).note(format!(
                "{} of them, of {shortest} to {} rows",
                self.all.len(),
                self.longest
            )));
        }
        let Some(x) = declared.first() else { return Ok(Vec::new()) };
        // With lengths an event may have more places than any sequence.
        let room = x.shape.first().copied().filter(|t| declared.len() > 1 && *t >= self.longest);
        let length = room.unwrap_or(self.longest);
        let shape = if width == 1 && x.shape.len() < 2 { vec![length] } else { vec![length, width] };
        let mut types = vec![EventTy { kind: x.kind, shape }];
        if declared.len() > 1 {
            types.push(EventTy { kind: Kind::Int(length + 1), shape: Vec::new() });
        }
        Ok(types)
    }

    /// Rows of `width` numbers as events of this type, 0 behind the end of each; and their lengths.
    pub(super) fn events(&self, rows: &[f32], width: usize, ty: &EventTy) -> (Vec<f32>, Vec<f32>) {
        let size = ty.size();
        let mut values = Vec::with_capacity(self.all.len() * size);
        for (first, n) in &self.all {
            let of = rows.get(first * width..(first + n) * width).unwrap_or_default();
            values.extend(of.iter().copied().chain(std::iter::repeat(0.0)).take(size));
        }
        (values, self.all.iter().map(|(_, n)| *n as f32).collect())
    }
}

/// An argument error where a table of sequences has a label.
pub(super) fn no_label(row: &dyn DataRow, args: &Args) -> Result<(), DataIssue> {
    if args.get("label").is_none() {
        return Ok(());
    }
    let message = format!("the second variable of sequences from `{}` is their length", row.name());
    Err(args.error("label", message, "beside `sequence`").help("leave `label` out").into())
}
