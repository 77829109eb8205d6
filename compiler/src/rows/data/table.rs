//! Tables of text: delimiter, header and cells, read as the declared types say. What was guessed is noted.

use super::dates::Clock;
use super::encoding::decoded;
use super::{DataIssue, MISSING};
use crate::event::{EventTy, Kind};
use std::collections::BTreeMap;

/// What may stand between cells.
const DELIMITERS: &[(u8, &str)] =
    &[(b',', "a comma"), (b';', "a semicolon"), (b'\t', "a tab"), (b'|', "a bar"), (BLANK, "a blank")];
/// Stands in texts, too: it is a delimiter only between numbers.
const BLANK: u8 = b' ';
/// What stands in a cell whose value is not known.
const NOTHING: &[&str] = &["", "na", "n/a", "nan", "null", "none", "?", "-"];
/// More different texts are not taken for classes unasked.
const MOST_CLASSES: usize = 1_000;
/// Whole numbers from here on are not counted up to unasked.
const MOST_WHOLE: f64 = 65_536.0;
/// Lines by which the delimiter is guessed.
const LOOKED_AT: usize = 64;

/// A read file: cells by row, and the names of the columns where there is a header.
pub(super) struct Table {
    /// Its path.
    pub file: String,
    /// The names of the columns; empty without a header.
    pub names: Vec<String>,
    /// Number of columns.
    pub width: usize,
    /// What was decided without being asked.
    pub notes: Vec<String>,
    rows: Vec<csv::StringRecord>,
}

/// How a table is to be read.
pub(super) struct Reading<'a> {
    /// The character between cells, where it is given.
    pub delimiter: Option<u8>,
    /// Whether the first line names the columns, where that is given.
    pub header: Option<bool>,
    /// Names of columns that the spec uses.
    pub named: Vec<&'a str>,
    /// Whether a column, by number of all, must hold numbers. `None`: the spec does not use it.
    pub numeric: &'a dyn Fn(usize, usize) -> Option<bool>,
}

/// Whether a cell says that its value is not known.
pub(super) fn missing(cell: &str) -> bool {
    NOTHING.contains(&cell.to_ascii_lowercase().as_str())
}

/// The truth value that a word says.
#[must_use]
pub fn truth(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "true" | "yes" | "t" | "y" => Some(true),
        "false" | "no" | "f" | "n" => Some(false),
        _ => None,
    }
}

fn is_number(cell: &str) -> bool {
    cell.parse::<f64>().is_ok() && !missing(cell)
}

/// The delimiter that cuts the first lines into the same number of cells, more than one; a comma where none does.
fn guessed(bytes: &[u8]) -> u8 {
    let width = |d: u8| {
        let records =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(d).from_reader(bytes);
        let mut rows = records.into_records().take(LOOKED_AT).map_while(Result::ok);
        let first = rows.next()?.len();
        let fits = |r: csv::StringRecord| r.len() == first && (d != BLANK || cells(&r).all(is_number));
        (first > 1 && rows.all(fits)).then_some(first)
    };
    DELIMITERS.iter().map(|(d, _)| *d).find(|d| width(*d).is_some()).unwrap_or(b',')
}

fn records(bytes: &[u8], file: &str, delimiter: u8) -> Result<Vec<csv::StringRecord>, DataIssue> {
    let reader = csv::ReaderBuilder::new().has_headers(false).delimiter(delimiter).from_reader(bytes);
    let read = reader.into_records().collect::<Result<Vec<_>, _>>();
    read.map_err(|e| {
        DataIssue::new(
            format!("cannot read `{file}` as a table"),
            "every line must have as many cells as the first; write `delimiter: \";\"` where another character stands between them",
        )
        .note(e.to_string())
    })
}

/// Cells of a row, without the space around them.
fn cells(r: &csv::StringRecord) -> impl Iterator<Item = &str> {
    r.iter().map(str::trim)
}

/// Whether the first row names the columns, and why that was decided.
fn header(rows: &[csv::StringRecord], how: &Reading<'_>) -> (bool, Option<String>) {
    let Some(first) = rows.first() else { return (false, None) };
    if let Some(said) = how.header {
        return (said, None);
    }
    let names: Vec<&str> = cells(first).collect();
    if how.named.iter().any(|n| names.contains(n)) {
        return (true, None);
    }
    let width = names.len();
    let columns: Vec<(usize, bool)> =
        (0..width).filter_map(|c| Some((c, (how.numeric)(c, width)?))).collect();
    let cell = |c: usize| names.get(c).copied().unwrap_or_default();
    let numeric: Vec<usize> = columns.iter().filter(|(_, n)| *n).map(|(c, _)| *c).collect();
    let found = match numeric.as_slice() {
        // Without a column of numbers, names are what does not stand in their column again.
        [] if columns.is_empty() => false,
        [] => columns.iter().all(|(c, _)| {
            !cell(*c).is_empty() && !rows.iter().skip(1).any(|r| r.get(*c).map(str::trim) == Some(cell(*c)))
        }),
        some => some.iter().all(|c| !is_number(cell(*c)) && !missing(cell(*c))),
    };
    let shown = names.join(", ");
    let note = if found {
        format!("the first line names the columns: {shown}")
    } else {
        format!("the first line is data: {shown}")
    };
    (found, Some(note))
}

impl Table {
    /// Reads a table.
    ///
    /// # Errors
    /// Lines of different lengths, no rows.
    pub(super) fn read(file: &str, bytes: &[u8], how: &Reading<'_>) -> Result<Table, DataIssue> {
        let (bytes, encoding) = decoded(bytes);
        let bytes = bytes.as_ref();
        let delimiter = how.delimiter.unwrap_or_else(|| guessed(bytes));
        let mut notes: Vec<String> = encoding.into_iter().collect();
        if how.delimiter.is_none()
            && delimiter != b','
            && let Some((_, what)) = DELIMITERS.iter().find(|(d, _)| *d == delimiter)
        {
            notes.push(format!("between cells stands {what}"));
        }
        let mut rows = records(bytes, file, delimiter)?;
        let (named, note) = header(&rows, how);
        notes.extend(note);
        let names = if named && !rows.is_empty() {
            cells(&rows.remove(0)).map(String::from).collect()
        } else {
            Vec::new()
        };
        let Some(width) = rows.first().map(csv::StringRecord::len) else {
            return Err(DataIssue::new(
                format!("`{file}` holds no rows"),
                "a table has at least one row below its header",
            ));
        };
        Ok(Table { file: file.into(), names, width, notes, rows })
    }

    /// Number of rows below the header.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// What a column is called.
    pub(super) fn name(&self, column: usize) -> String {
        self.names.get(column).map_or_else(|| column.to_string(), |n| format!("`{n}`"))
    }

    /// The line of the file in which a row stands, from 1.
    fn line(&self, row: usize) -> u64 {
        self.rows.get(row).and_then(csv::StringRecord::position).map_or(0, csv::Position::line)
    }

    /// What a cell holds.
    pub(super) fn cell(&self, row: usize, column: usize) -> &str {
        self.rows.get(row).and_then(|r| r.get(column)).unwrap_or_default().trim()
    }

    /// Where a cell stands and what it holds.
    pub(super) fn place(&self, row: usize, column: usize) -> String {
        let cell = self.cell(row, column);
        let what = if cell.is_empty() { "empty".to_string() } else { format!("{cell:?}") };
        format!(
            "row {} (line {} of the file), column {} is {what}",
            row + 1,
            self.line(row),
            self.name(column)
        )
    }

    /// The number in a cell; truth values may be written as words.
    ///
    /// # Errors
    /// A cell that is empty or holds no finite number.
    pub(super) fn number(&self, row: usize, column: usize, kind: Kind) -> Result<f64, DataIssue> {
        let cell = self.cell(row, column);
        let word = if kind == Kind::Bool { truth(cell).map(|t| f64::from(u8::from(t))) } else { None };
        if let Some(v) = word.or_else(|| cell.parse::<f64>().ok().filter(|v| v.is_finite())) {
            return Ok(v);
        }
        let help = if missing(cell) {
            "leave the row or the column out (`columns: [..]`), or fill the cell"
        } else if cell.contains(',') {
            "write numbers with a point"
        } else if row == 0 && self.names.is_empty() {
            "if the first line names the columns, write `header: true`; else leave the column out with `columns: [..]`"
        } else {
            "leave the row or the column out (`columns: [..]`), or fill the cell"
        };
        let what =
            if kind == Kind::Bool { "truth value: `true` or `false`, 1 or 0" } else { "finite number" };
        let message = format!("`{}` holds a cell that is no {what}", self.file);
        Err(DataIssue::new(message, help).note(self.place(row, column)))
    }

    /// How much each row counts: the numbers of a column.
    ///
    /// # Errors
    /// A cell that holds no finite number of at least 0; zeros alone.
    pub(super) fn weights(&self, column: usize) -> Result<Vec<f32>, DataIssue> {
        let mut all = Vec::with_capacity(self.len());
        for row in 0..self.len() {
            let cell = self.cell(row, column);
            match cell.parse::<f32>().ok().filter(|w| w.is_finite() && *w >= 0.0) {
                Some(w) => all.push(w),
                None => {
                    let message = format!("`{}` holds a weight that is no number of at least 0", self.file);
                    let help = match missing(cell) {
                        true => "write how much the row counts, 0 for not at all",
                        false => "a row that counts twice has the weight 2, one that does not count 0",
                    };
                    return Err(DataIssue::new(message, help).note(self.place(row, column)));
                }
            }
        }
        match all.iter().any(|w| *w > 0.0) {
            true => Ok(all),
            false => Err(DataIssue::new(
                format!("all weights of `{}`, column {}, are 0", self.file, self.name(column)),
                "give the rows that count a weight above 0, or leave `weight` out",
            )),
        }
    }

    /// Of each row the number of its cell among the different ones of a column.
    pub(super) fn groups(&self, column: usize) -> Vec<usize> {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        (0..self.len())
            .map(|row| {
                let next = seen.len();
                *seen.entry(self.cell(row, column)).or_insert(next)
            })
            .collect()
    }

    /// The date in a cell as a number.
    ///
    /// # Errors
    /// A cell that holds none.
    pub(super) fn date(&self, row: usize, column: usize, clock: &Clock) -> Result<f64, DataIssue> {
        let cell = self.cell(row, column);
        clock.read(cell).ok_or_else(|| {
            let help = if missing(cell) {
                "leave the row or the column out (`columns: [..]`), or fill the cell"
            } else if is_number(cell) {
                "a column of numbers is `Real`; a date is `2020-01-31`, `2020-01-31 17:05` or `31.01.2020`"
            } else {
                "write dates with the year first, `2020-01-31` or `2020-01-31 17:05`, or with points, `31.01.2020`"
            };
            DataIssue::new(format!("`{}` holds a cell that is no date", self.file), help)
                .note(self.place(row, column))
        })
    }

    /// How many classes there are in columns: different texts, or one more than the largest number.
    ///
    /// # Errors
    /// Several columns of texts, whose classes could not be told apart; numbers that are no classes.
    pub(super) fn count_classes(&self, columns: &[usize]) -> Result<usize, DataIssue> {
        let cells = || columns.iter().flat_map(|c| (0..self.len()).map(|r| self.cell(r, *c)));
        if cells().all(|c| is_number(c) || missing(c)) {
            return self.count_whole(columns);
        }
        match columns {
            [column] => {
                let texts: std::collections::BTreeSet<&str> = cells().filter(|c| !missing(c)).collect();
                if texts.len() > MOST_CLASSES {
                    return Err(DataIssue::new(
                        format!(
                            "column {} of `{}` holds {} different texts",
                            self.name(*column),
                            self.file,
                            texts.len()
                        ),
                        format!(
                            "more than {MOST_CLASSES} are hardly classes: leave the column out, or say how many with `Class(n)`"
                        ),
                    ));
                }
                Ok(texts.len())
            }
            _ => Err(DataIssue::new(
                format!("`{}` holds texts in several columns of one variable", self.file),
                "declare a variable of its own for each column of classes, or say how many there are: `Class(n)[..]`",
            )),
        }
    }

    /// One more than the largest of the whole numbers in columns.
    ///
    /// # Errors
    /// A cell that holds no whole number of at least 0.
    pub(super) fn count_whole(&self, columns: &[usize]) -> Result<usize, DataIssue> {
        let mut most = 0.0_f64;
        for column in columns {
            for row in (0..self.len()).filter(|r| !missing(self.cell(*r, *column))) {
                let v = self.cell(row, *column).parse::<f64>().unwrap_or(f64::NAN);
                if !(0.0..MOST_WHOLE).contains(&v) || v.fract() != 0.0 {
                    let message = format!(
                        "`{}` holds a cell that is no whole number from 0 to {}",
                        self.file,
                        MOST_WHOLE - 1.0
                    );
                    let help =
                        "whole numbers from 0 are `Int`, other numbers `Real`, texts `Class`, dates `Time`";
                    return Err(DataIssue::new(message, help).note(self.place(row, *column)));
                }
                most = most.max(v);
            }
        }
        Ok(most as usize + 1)
    }

    /// The classes of a column, as numbers from 0: whole numbers as they are, texts by their place in the alphabet. `n` are declared. With `holes`
    /// cells may be missing.
    ///
    /// # Errors
    /// A missing cell, numbers among texts or texts among numbers, another number of texts than declared; a text that is not among those that
    /// are `known`.
    pub(super) fn classes(
        &self,
        column: usize,
        n: usize,
        known: Option<&[String]>,
        holes: bool,
    ) -> Result<Classes, DataIssue> {
        if holes {
            return self.classes_with_holes(column, n, known);
        }
        let all: Vec<&str> = (0..self.rows.len()).map(|r| self.cell(r, column)).collect();
        if let Some(row) = all.iter().position(|c| missing(c)) {
            return Err(self.no_class(
                (row, column),
                "a cell without a class",
                "leave the row out, give the missing ones a class of their own, or say that cells may be missing: `Class?`",
            ));
        }
        if let Some(known) = known.filter(|k| !k.is_empty()) {
            let number = |c: &str| known.iter().position(|k| k == c).map(|i| i as f32).ok_or(());
            return match all.iter().map(|c| number(c)).collect::<Result<Vec<f32>, ()>>() {
                Ok(values) => Ok(Classes { values, names: known.to_vec() }),
                Err(()) => {
                    let row = all.iter().position(|c| number(c).is_err()).unwrap_or(0);
                    let help = format!("its classes: {}", known.join(", "));
                    Err(self.no_class((row, column), "a class that the model was not trained on", &help))
                }
            };
        }
        let numbers = all.iter().filter(|c| is_number(c)).count();
        match (numbers == all.len(), known.is_some(), numbers) {
            (true, ..) => self.numbered_classes(column, &all, n),
            (false, true, _) => {
                let row = all.iter().position(|c| !is_number(c)).unwrap_or(0);
                let last = n.max(1) - 1;
                let help = format!("the classes that the model was trained on are numbers from 0 to {last}");
                Err(self.no_class((row, column), "a class that is no number", &help))
            }
            (false, false, 0) => self.named_classes(column, &all, n),
            (false, false, _) => {
                // The fewer are the odd ones.
                let odd_is_number = 2 * numbers < all.len();
                let row = all.iter().position(|c| is_number(c) == odd_is_number).unwrap_or(0);
                let message = match odd_is_number {
                    true => "a number among classes that are texts",
                    false => "a text among classes that are numbers",
                };
                Err(self.no_class((row, column), message, "write all classes of a column in one way"))
            }
        }
    }

    /// What is wrong with the class in a cell, (row, column).
    fn no_class(&self, (row, column): (usize, usize), message: &str, help: &str) -> DataIssue {
        DataIssue::new(format!("`{}` holds {message}", self.file), help).note(self.place(row, column))
    }

    /// Classes that are the numbers from 0 below `n`.
    fn numbered_classes(&self, column: usize, all: &[&str], n: usize) -> Result<Classes, DataIssue> {
        let values: Vec<f64> = all.iter().map(|c| c.parse().unwrap_or(f64::NAN)).collect();
        let bad = values.iter().position(|v| !(*v >= 0.0 && *v < n as f64 && v.fract() == 0.0));
        let Some(row) = bad else {
            return Ok(Classes { values: values.iter().map(|v| *v as f32).collect(), names: Vec::new() });
        };
        let help = match values.iter().all(|v| *v >= 1.0 && *v <= n as f64) {
            true => "classes are numbered from 0: subtract 1",
            false => "change the declared type, or the file",
        };
        Err(self.no_class((row, column), &format!("a class that is not one of the {n} from 0"), help))
    }

    /// Classes that are texts, `n` different ones, numbered by the alphabet.
    fn named_classes(&self, column: usize, all: &[&str], n: usize) -> Result<Classes, DataIssue> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for c in all {
            *counts.entry(c).or_default() += 1;
        }
        if counts.len() != n {
            return Err(self.other_number(column, &counts, n));
        }
        let names: Vec<&str> = counts.keys().copied().collect();
        let values = all.iter().map(|c| names.binary_search(c).unwrap_or(0) as f32).collect();
        Ok(Classes { values, names: names.into_iter().map(String::from).collect() })
    }

    /// The classes of a column some of whose cells may be missing.
    fn classes_with_holes(
        &self,
        column: usize,
        n: usize,
        known: Option<&[String]>,
    ) -> Result<Classes, DataIssue> {
        let there: Vec<usize> = (0..self.len()).filter(|r| !missing(self.cell(*r, column))).collect();
        let rows = there.iter().filter_map(|r| self.rows.get(*r).cloned()).collect();
        let (file, names) = (self.file.clone(), self.names.clone());
        let some = Table { file, names, width: self.width, notes: Vec::new(), rows };
        let Classes { values, names } = some.classes(column, n, known, false)?;
        let mut all = vec![MISSING; self.len()];
        for (row, v) in there.into_iter().zip(values) {
            if let Some(cell) = all.get_mut(row) {
                *cell = v;
            }
        }
        Ok(Classes { values: all, names })
    }

    /// The column holds another number of different texts than classes are declared.
    fn other_number(&self, column: usize, counts: &BTreeMap<&str, usize>, n: usize) -> DataIssue {
        let mut rare: Vec<(&str, usize)> = counts.iter().map(|(c, k)| (*c, *k)).collect();
        rare.sort_by_key(|(_, k)| *k);
        let list: Vec<String> = rare.iter().take(12).map(|(c, k)| format!("{c:?} {k} times")).collect();
        let more = if rare.len() > 12 { format!(" and {} more", rare.len() - 12) } else { String::new() };
        let found = counts.len();
        DataIssue::new(
            format!("column {} of `{}` holds {found} different texts, not {n}", self.name(column), self.file),
            format!("declare `Class({found})`, or mend the cells that are misspelt"),
        )
        .note(format!("rarest first: {}{more}", list.join(", ")))
    }

    /// Every value of `values`, `columns` side by side, is one of `ty`.
    ///
    /// # Errors
    /// The first that is not, by row and column.
    pub(super) fn verify(&self, ty: &EventTy, values: &[f32], columns: &[usize]) -> Result<(), DataIssue> {
        let place = |at: usize| {
            let width = columns.len().max(1);
            self.place(at / width, columns.get(at % width).copied().unwrap_or(0))
        };
        super::verify_at(&self.file, ty, values, &place)
    }
}

/// Classes as numbers.
pub(super) struct Classes {
    /// One a row.
    pub values: Vec<f32>,
    /// The texts, by number; empty where the file holds numbers.
    pub names: Vec<String>,
}
