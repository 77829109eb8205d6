//! From a file name to a session: read, compile, load data, open the device.

use super::Session;
use super::data::Parts;
use super::host::FileHost;
use super::repeats::Repeats;
use crate::console::{Messages, note};
use crate::exec::{self, Device, DeviceChoice};
use crate::failure::Failure;
use crate::store::RunDir;
use crate::store::regular::TEXT;
use gmc_compiler::diag::Diag;
use gmc_compiler::diag::codes;
use gmc_compiler::diag::render::render;
use gmc_compiler::driver::{Reader, Unit, check, compile};
use gmc_compiler::rows::data::{Column, DataIssue, Host, MISSING, Part};
use gmc_compiler::rows::layer::ReadsBatch;
use gmc_compiler::rows::setting::Seed;
use gmc_compiler::syntax::ast;
use gmc_compiler::types::open_range::open_ranges;
use gmc_compiler::types::overrides;
use gmc_compiler::types::{TData, Typed};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Reads a spec's text.
///
/// # Errors
/// The path, and what the system says.
pub fn read_spec(path: &Path) -> Result<String, Failure> {
    let error = |e| Failure::file("read", path, e);
    let mut bytes = Vec::new();
    // It may come through a pipe, and end nowhere.
    let mut file = std::fs::File::open(path).map_err(error)?.take(TEXT + 1);
    file.read_to_end(&mut bytes).map_err(error)?;
    if bytes.len() as u64 > TEXT {
        return Err(Failure::file("read", path, format!("a spec has at most {TEXT} bytes")));
    }
    String::from_utf8(bytes).map_err(|_| Failure::file("read", path, "it is not UTF-8 text"))
}

/// The text of a file that a spec in `folder` names by `use`.
///
/// # Errors
/// What the system says; what is no regular file, or too large.
pub fn used(folder: &Path, name: &str) -> Result<String, String> {
    let path = folder.join(name);
    let m = std::fs::metadata(&path).map_err(|e| e.to_string())?;
    if !m.is_file() {
        return Err("it is no regular file".into());
    }
    if m.len() > TEXT {
        return Err(format!("a spec has at most {TEXT} bytes"));
    }
    std::fs::read_to_string(&path).map_err(|e| e.to_string())
}

/// Compiles a text; `name` is the file's name for messages, `folder` where `use` looks, `set` the overrides.
pub fn unit(name: &str, text: &str, folder: &Path, set: &[(String, String)]) -> Unit {
    let read = |p: &str| used(folder, p);
    unit_on(&FileHost::beside(&base_of(folder), 0), name, text, &read, set)
}

/// What the paths of a spec in this folder are relative to: the folder itself, and of a spec in a run folder the one that the run's spec was in.
pub fn base_of(folder: &Path) -> PathBuf {
    match RunDir::view(folder).ok().and_then(|dir| dir.base()) {
        Some(base) => base,
        None if folder == Path::new(".") => PathBuf::new(),
        None => folder.to_path_buf(),
    }
}

/// As [`unit()`], with `read` for the files named by `use`, on a world of its own.
pub fn unit_on(host: &dyn Host, name: &str, text: &str, read: Reader<'_>, set: &[(String, String)]) -> Unit {
    compile(name, text, host, read, |spec| changes(spec, set))
}

/// As [`unit()`], without optimised programs: what `gmc check` needs.
pub fn checked(name: &str, text: &str, folder: &Path, set: &[(String, String)]) -> Unit {
    let read = |p: &str| used(folder, p);
    check(name, text, &FileHost::beside(&base_of(folder), 0), &read, |spec| changes(spec, set))
}

fn changes(spec: &mut ast::Spec, set: &[(String, String)]) -> Vec<Diag> {
    set.iter().filter_map(|(path, value)| overrides::apply(spec, path, value).err()).collect()
}

/// Shows what a compilation has to say on standard error; an error ends the command.
///
/// # Errors
/// When there is an error among the diagnostics.
pub fn report(u: &Unit, m: Messages) -> Result<(), Failure> {
    if !u.diags.is_empty() {
        note(&render(&u.diags, &u.sources, m.format, m.color));
    }
    if u.failed() { Err(Failure::told()) } else { Ok(()) }
}

/// Loads the data of a checked spec.
///
/// # Errors
/// The source that can't be had, with where it looked.
pub fn data(typed: &Typed) -> Result<Vec<Parts>, Failure> {
    typed.data.iter().map(|d| item(typed, d)).collect()
}

/// Loads one data item.
///
/// # Errors
/// As [`data`].
pub fn item(typed: &Typed, d: &TData) -> Result<Parts, Failure> {
    let host = FileHost::beside(Path::new(&d.base), Seed::of(&typed.train.settings));
    let set =
        d.row.load_named(&d.args, &d.declared(), &host).map_err(|issue| unreadable(d.row.name(), issue))?;
    if set.train.n == 0 {
        return Err(Failure::new(format!("`{}` holds no examples", d.row.name())));
    }
    Ok(d.split.parts(set, Seed::of(&typed.train.settings)))
}

/// A session without parameters whose data are not loaded; `known` tells how many examples the training part of an item has, and what its
/// columns and the classes of its variables are called.
pub fn without_data(
    typed: Typed,
    compiled: gmc_compiler::derive::Compiled,
    device: Device,
    known: impl Fn(&TData) -> (usize, Parts),
) -> Session {
    let (sizes, sets): (Vec<usize>, Vec<Parts>) = typed.data.iter().map(known).unzip();
    let mut s = Session::new(typed, compiled, device, sets);
    s.absent = (0..sizes.len()).collect();
    s.sizes = sizes;
    s
}

impl Session {
    /// How many examples the training part of each data item has, loaded or not.
    pub fn training_sizes(&self) -> Vec<usize> {
        let known = |i: usize| self.sizes.get(i).copied().filter(|_| self.absent.contains(&i));
        self.sets.iter().enumerate().map(|(i, p)| known(i).unwrap_or(p.train.n)).collect()
    }

    /// Loads the data items that hold any of these variables and are not there yet.
    ///
    /// # Errors
    /// As [`data`].
    pub fn load(&mut self, variables: &[String]) -> Result<(), Failure> {
        for i in std::mem::take(&mut self.absent) {
            let Some(d) = self.typed.data.get(i) else { continue };
            if !d.vars.iter().any(|v| variables.contains(&v.name)) {
                self.absent.push(i);
                continue;
            }
            let parts = item(&self.typed, d)?;
            if let Some(set) = self.sets.get_mut(i) {
                *set = parts;
            }
        }
        Ok(())
    }
}

/// What is wrong with data, as a failure.
pub(crate) fn unreadable(source: &str, issue: DataIssue) -> Failure {
    let failure = match issue.message.is_empty() {
        true => Failure::new(format!("`{source}` cannot be read")),
        false => Failure::new(issue.message),
    };
    let failure = failure.notes(issue.notes);
    if issue.help.is_empty() { failure } else { failure.help(issue.help) }
}

/// Opens the device asked for.
///
/// # Errors
/// What was found instead.
pub fn device(choice: DeviceChoice) -> Result<Device, Failure> {
    Ok(exec::open(choice)?)
}

/// A session with data loaded and without parameters.
///
/// # Errors
/// As [`data`]; a unit that did not compile.
pub fn session(
    typed: Typed,
    compiled: gmc_compiler::derive::Compiled,
    device: Device,
) -> Result<Session, Failure> {
    let sets = data(&typed)?;
    Ok(Session::new(typed, compiled, device, sets))
}

/// What is wrong with loaded data under the model. To be asked before training.
pub fn found_in_data(typed: &Typed, sets: &[Parts], repeats: &[Repeats]) -> Vec<Diag> {
    let mut all = unreachable(typed, sets);
    all.extend(alone(typed, sets));
    all.extend(repeats.iter().map(Repeats::diag));
    all
}

/// Training parts of one example where examples are compared with each other.
fn alone(typed: &Typed, sets: &[Parts]) -> Vec<Diag> {
    let Some(by) = typed.coupled(ReadsBatch::Training) else { return Vec::new() };
    let items = typed.data.iter().zip(sets).filter(|(_, set)| set.train.n == 1);
    items.map(|(item, _)| codes::e0220::one_example(by.row, by.span, item.span)).collect()
}

/// Values where the model of them has no finite density above 0 (see [`open_ranges`]).
fn unreachable(typed: &Typed, sets: &[Parts]) -> Vec<Diag> {
    let mut diags = Vec::new();
    for ends in open_ranges(typed) {
        let (mut low, mut high, mut all) = (0usize, 0usize, 0usize);
        let mut first = None;
        for (part, name, column) in parts_of(typed, sets, &ends.site) {
            all += column.values.iter().filter(|v| **v != MISSING).count();
            for (i, v) in column.values.iter().enumerate().filter(|(_, v)| **v != MISSING) {
                let (at_lo, at_hi) = (f64::from(*v) <= ends.lo, f64::from(*v) >= ends.hi);
                low += usize::from(at_lo);
                high += usize::from(at_hi);
                if (at_lo || at_hi) && first.is_none() {
                    first = Some(place(part, name, column, i));
                }
            }
        }
        let is = |n: usize| if n == 1 { "is" } else { "are" };
        let counts = match (low, high) {
            (0, 0) => continue,
            (low, 0) => format!("{low} of {all} values {} exactly {}", is(low), ends.lo),
            (0, high) => format!("{high} of {all} values {} exactly {}", is(high), ends.hi),
            (low, high) => {
                format!("of {all} values {low} are exactly {} and {high} exactly {}", ends.lo, ends.hi)
            }
        };
        let first = first.unwrap_or_default();
        let (site, counts) = ((ends.site.as_str(), ends.span), (ends.declared, counts.as_str()));
        diags.push(match ends.drawn.filter(|_| ends.rarely) {
            None => codes::e0305::at_the_ends(site, ends.drawn, [ends.lo, ends.hi], counts, &first),
            Some(row) => {
                codes::w0306::at_an_end(site, row, if low > 0 { ends.lo } else { ends.hi }, counts, &first)
            }
        });
    }
    diags
}

/// The columns of a data variable in all parts, with what is said of their rows.
fn parts_of<'s>(typed: &Typed, sets: &'s [Parts], name: &str) -> Vec<(&'s Part, &'static str, &'s Column)> {
    let of = |(item, parts): (&TData, &'s Parts)| {
        let at = item.vars.iter().position(|v| v.name == name)?;
        // A test part of the source's own has rows of its own.
        let test = if parts.test.rows.is_empty() { " of the test part" } else { "" };
        let all = [(&parts.train, ""), (&parts.valid, ""), (&parts.test, test)];
        Some(all.into_iter().filter_map(|(part, said)| Some((part, said, part.columns.get(at)?))).collect())
    };
    typed.data.iter().zip(sets).find_map(of).unwrap_or_default()
}

/// Where number `i` of a column stands and what it is: ``row 17, element 3: 0.5``.
fn place(part: &Part, said: &str, column: &Column, i: usize) -> String {
    let size = column.ty.size().max(1);
    let value = column.values.get(i).copied().unwrap_or(f32::NAN);
    let element = if size == 1 { String::new() } else { format!(", element {}", i % size) };
    // Of events that stay in their file some at even distances are looked at.
    let event = (i / size) * part.n / part.in_memory().max(1);
    format!("row {}{said}{element}: {value}", part.row(event))
}
