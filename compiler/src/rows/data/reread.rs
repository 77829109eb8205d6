//! Rows of another file as the variables of a data item: what a trained model is asked about.
//!
//! A file is read as the item's own source reads its files, where that is a source of such files: the same columns by name, classes with the
//! numbers that they were trained with. Elsewhere by the ending of its name: a table with a column for each element, named as samples are
//! written (`x.0`, `x.1`, .., `y`), an array of events, pictures.

use super::csv_file::{Csv, has_columns};
use super::elsewhere::{Elsewhere, Wanted, one_variable};
use super::images::{Images, picture_axes};
use super::npy::Npy;
use super::npz::{self, Npz};
use super::{Column, DataIssue, DataRow, Decoded, Host, HostError, Part, Skipped};
use crate::event::{EventTy, Kind, Support};
use crate::rows::Row;
use crate::rows::args::{Args, Const};
use crate::span::Span;

/// A kind of file, by the ending of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Table,
    Array,
    Arrays,
    Pictures,
    Text,
}

/// A table, an array, a picture or a text; a folder has no ending, and holds pictures.
fn form(file: &str) -> Result<Form, DataIssue> {
    let name = file.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let name = name.strip_suffix(".gz").unwrap_or(name);
    let ending = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase());
    match ending.as_deref() {
        Some("csv" | "tsv") => Ok(Form::Table),
        Some("npy") => Ok(Form::Array),
        Some("npz") => Ok(Form::Arrays),
        Some("png" | "jpg" | "jpeg" | "webp" | "tar" | "tgz") | None => Ok(Form::Pictures),
        Some("txt" | "text" | "md") => Ok(Form::Text),
        Some(other) => Err(DataIssue::new(
            format!("`{file}` cannot be read: files that end in .{other} are not known"),
            "give a table (.csv), arrays (.npy, .npz), a picture (.png, .jpg, .webp), a folder or an archive (.tar) of pictures, or a text (.txt)",
        )),
    }
}

/// Reads rows of another file as variables of a data item of `row`.
///
/// # Errors
/// A file that cannot be read or holds other events, a class that is not known.
pub fn reread(
    row: &dyn DataRow,
    args: &Args,
    from: &Elsewhere<'_>,
    host: &dyn Host,
) -> Result<Part, DataIssue> {
    let form = form(from.file)?;
    let host = Knowing { host, from };
    if let Some(part) = row.reread(args, from, &host) {
        return part;
    }
    by_form(form, from, &host)
}

/// Reads a file whose form alone tells how.
fn by_form(form: Form, from: &Elsewhere<'_>, host: &dyn Host) -> Result<Part, DataIssue> {
    match form {
        Form::Table => table(from, host),
        Form::Array => array(from, host),
        Form::Arrays => Npz
            .load_named(
                &plain(&Npz, vec![("file", Const::Text(from.file.to_string()))]),
                &from.declared(),
                host,
            )
            .map(|set| set.train),
        Form::Pictures => pictures(from, host),
        Form::Text => Err(DataIssue::new(
            format!("`{}` is a text, and the data of the run are none", from.file),
            "give a table (.csv) or an array (.npy)",
        )),
    }
}

/// Reads variables that belong to no data item, by the ending of the file alone.
///
/// # Errors
/// As [`reread`].
pub fn plainly(from: &Elsewhere<'_>, host: &dyn Host) -> Result<Part, DataIssue> {
    let form = form(from.file)?;
    by_form(form, from, &Knowing { host, from })
}

/// Whether a table has columns that are named as this variable's elements are written; true of what is no table.
pub fn named(from: &Elsewhere<'_>, wanted: &Wanted<'_>, host: &dyn Host) -> bool {
    !matches!(form(from.file), Ok(Form::Table)) || has_columns(None, from.file, wanted, host)
}

/// Whether a table has all columns of a variable. A file that is no table, or that cannot be read, is taken to have them: reading it says what is
/// wrong.
pub fn holds(
    row: &dyn DataRow,
    args: &Args,
    from: &Elsewhere<'_>,
    wanted: &Wanted<'_>,
    host: &dyn Host,
) -> bool {
    match form(from.file) {
        Ok(Form::Table) => has_columns((row.name() == Csv.name()).then_some(args), from.file, wanted, host),
        // An array, a picture or a text is one variable.
        Ok(Form::Array | Form::Pictures | Form::Text) => wanted.number == 0,
        Ok(Form::Arrays) => npz::holds(from.file, wanted.name, host).unwrap_or(true),
        Err(_) => true,
    }
}

/// The arguments of a source that the spec does not name.
pub(super) fn plain(row: &dyn Row, values: Vec<(&'static str, Const)>) -> Args {
    let span = Span::default();
    let given = |name: &str| values.iter().any(|(n, _)| *n == name);
    let word = |d: &str| Const::Word(d.to_string());
    let defaults: Vec<(&'static str, Const)> = row
        .params()
        .iter()
        .filter(|p| !given(p.name))
        .filter_map(|p| Some((p.name, word(p.default.filter(|d| !d.is_empty())?))))
        .collect();
    let values = values.into_iter().chain(defaults).map(|(name, v)| (name, v, span)).collect();
    Args { span, name: row.name().to_string(), declared: row.params(), values }
}

fn texts(all: &[String]) -> Const {
    Const::List(all.iter().cloned().map(Const::Text).collect())
}

/// Columns named as samples are written; or, of one variable, all columns of a table without names.
fn table(from: &Elsewhere<'_>, host: &dyn Host) -> Result<Part, DataIssue> {
    let mut parts = Vec::new();
    for wanted in from.variables {
        let names = wanted.elements();
        let mut values = vec![("file", Const::Text(from.file.to_string()))];
        let by_name = has_columns(None, from.file, wanted, host) || from.variables.len() > 1;
        if by_name {
            values.push(("columns", texts(&names)));
            values.push(("header", Const::Word("true".into())));
        }
        let alone = [*wanted];
        let one = Knowing { host, from: &Elsewhere { file: from.file, variables: &alone, item: &[] } };
        let flat = EventTy { kind: wanted.ty.kind, shape: wanted.ty.shape.clone() };
        let types = Csv.check(&plain(&Csv, values.clone()), std::slice::from_ref(&flat), &one)?;
        if types.first().is_some_and(|t| t.size() != flat.size()) {
            return Err(other_width(from.file, wanted, types.first().map_or(0, EventTy::size)));
        }
        let part = Csv.load(&plain(&Csv, values), std::slice::from_ref(&flat), &one)?.train;
        match part.names.first() {
            Some(names) if !by_name && !names.is_empty() => {
                return Err(other_names(from.file, wanted, names));
            }
            Some(_) | None => parts.push(part),
        }
    }
    Ok(beside(parts))
}

/// What the columns of a variable are called, the first and the last.
fn shown(wanted: &Wanted<'_>) -> String {
    match wanted.elements().as_slice() {
        [first, .., last] => format!("`{first}` to `{last}`"),
        [only] => format!("`{only}`"),
        [] => String::new(),
    }
}

/// A table with another number of columns than an event has elements.
fn other_width(file: &str, wanted: &Wanted<'_>, width: usize) -> DataIssue {
    DataIssue::new(
        format!("`{file}` has {width} columns, and `{}` is {}", wanted.name, wanted.ty),
        format!("name its columns {} in a first line; columns of other names are passed over", shown(wanted)),
    )
}

/// A table with as many columns as an event has elements, which have other names: they are something else.
fn other_names(file: &str, wanted: &Wanted<'_>, names: &[String]) -> DataIssue {
    let some: Vec<&str> = names.iter().take(4).map(String::as_str).collect();
    let more = if names.len() > some.len() { ", .." } else { "" };
    DataIssue::new(
        format!("`{file}` has no columns {}", shown(wanted)),
        "name them so in the first line, or leave that line out: columns without names are taken in their order",
    )
    .note(format!("its columns: {}{more}", some.join(", ")))
}

/// Variables of the same rows, side by side.
fn beside(parts: Vec<Part>) -> Part {
    let n = parts.iter().map(|p| p.n).min().unwrap_or(0);
    let mut out = Part { n, ..Part::default() };
    for p in parts {
        out.columns.extend(p.columns);
        out.names.extend(p.names);
    }
    out
}

/// The events of an array.
fn array(from: &Elsewhere<'_>, host: &dyn Host) -> Result<Part, DataIssue> {
    let [_] = from.variables else { return Err(one_variable(from)) };
    let args = plain(&Npy, vec![("file", Const::Text(from.file.to_string()))]);
    Ok(Npy.load(&args, &from.types(), host)?.train)
}

/// Pictures, resized to the events; grey levels in the range of the variable.
fn pictures(from: &Elsewhere<'_>, host: &dyn Host) -> Result<Part, DataIssue> {
    let [wanted] = from.variables else { return Err(one_variable(from)) };
    let no_picture = || {
        DataIssue::new(
            format!("`{}` is {}, which is no picture", wanted.name, wanted.ty),
            "give a table (.csv) or an array (.npy)",
        )
    };
    let [channels, height, width] = picture_axes(&wanted.ty.shape).ok_or_else(no_picture)?;
    let (lo, hi, whole) = match wanted.ty.kind {
        Kind::Bool | Kind::OneHot => (0.0, 1.0, true),
        Kind::Int(n) | Kind::Class(n) => (0.0, n.saturating_sub(1) as f32, true),
        Kind::Count => return Err(no_picture().note("counts have no range from black to white")),
        Kind::Real(support) => match support.ends() {
            (lo, hi) if lo.is_finite() && hi.is_finite() => (lo as f32, hi as f32, false),
            _ => return Err(no_picture().note("its numbers have no range from black to white")),
        },
    };
    let ty = EventTy { kind: Kind::Real(Support::UNIT), shape: vec![channels, height, width] };
    let args = plain(&Images, vec![("folder", Const::Text(from.file.to_string()))]);
    let mut part = Images.load(&args, &[ty], host)?.train;
    for column in &mut part.columns {
        column.values.iter_mut().for_each(|v| {
            let x = lo + (hi - lo) * *v;
            *v = if whole { x.round() } else { x };
        });
        *column = Column { ty: wanted.ty.clone(), values: std::mem::take(&mut column.values) };
    }
    Ok(part)
}

/// A world in which the classes of the variables are known.
struct Knowing<'a> {
    host: &'a dyn Host,
    from: &'a Elsewhere<'a>,
}

impl Host for Knowing<'_> {
    fn read(&self, set: Option<&str>, name: &str) -> Result<Vec<u8>, HostError> {
        self.host.read(set, name)
    }
    fn path(&self, set: Option<&str>, name: &str) -> Option<String> {
        self.host.path(set, name)
    }
    fn images(
        &self,
        folder: &str,
        classes: bool,
        each: &mut dyn FnMut(Decoded),
    ) -> Result<Vec<Skipped>, HostError> {
        self.host.images(folder, classes, each)
    }
    fn class_folders(&self, folder: &str) -> Result<Vec<String>, HostError> {
        self.host.class_folders(folder)
    }
    fn uniform(&self, stream: u64, n: usize) -> Vec<f64> {
        self.host.uniform(stream, n)
    }
    fn classes(&self, variable: usize) -> Option<&[String]> {
        self.from.variables.get(variable).map(|v| v.classes)
    }
}
