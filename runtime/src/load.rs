//! From a file name to a session: read, compile, load data, open the device.

use crate::exec::{self, Device, DeviceChoice};
use crate::host::FileHost;
use crate::memory;
use crate::session::{Parts, Session, parts};
use gmc_compiler::diag::Diag;
use gmc_compiler::diag::codes;
use gmc_compiler::diag::render::{Format, render};
use gmc_compiler::driver::{Reader, Unit, check, compile};
use gmc_compiler::ir::schedule;
use gmc_compiler::rows::data::DataIssue;
use gmc_compiler::syntax::{ast, overrides};
use gmc_compiler::types::Typed;
use gmc_compiler::types::ends::open_ends;
use std::path::Path;

/// Why a command ended: what to say on standard error, and the exit code.
#[derive(Debug)]
pub struct Failure {
    /// May be several lines, or empty when everything has been said.
    pub text: String,
    /// 1: diagnostics or a failed run, 2: usage, 130: interrupted.
    pub code: u8,
}

impl Failure {
    /// A failed command.
    pub fn new(text: impl Into<String>) -> Failure {
        Failure { text: text.into(), code: 1 }
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(e: E) -> Failure {
        Failure::new(format!("error: {e}"))
    }
}

/// Says something to a person on standard error, if anyone still listens: a reader that went away ends no run.
pub fn note(text: &str) {
    use std::io::Write;
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// How messages are shown.
#[derive(Clone, Copy, Debug)]
pub struct Messages {
    /// Human, short or JSON.
    pub format: Format,
    /// ANSI colours.
    pub color: bool,
}

/// Reads a spec's text.
///
/// # Errors
/// The path, and what the system says.
pub fn read_spec(path: &Path) -> Result<String, Failure> {
    let bytes = std::fs::read(path)
        .map_err(|e| Failure::new(format!("error: cannot read {}: {e}", path.display())))?;
    String::from_utf8(bytes)
        .map_err(|_| Failure::new(format!("error: cannot read {}: it is not UTF-8 text", path.display())))
}

/// Compiles a text; `name` is the file's name for messages, `folder` where `use` looks, `set` the overrides.
pub fn unit(name: &str, text: &str, folder: &Path, set: &[(String, String)]) -> Unit {
    unit_with(name, text, &|p: &str| std::fs::read_to_string(folder.join(p)).map_err(|e| e.to_string()), set)
}

/// As [`unit`], with `read` for the files named by `use`.
pub fn unit_with(name: &str, text: &str, read: Reader<'_>, set: &[(String, String)]) -> Unit {
    compile(name, text, &FileHost::new(0), read, |spec| changes(spec, set))
}

/// As [`unit`], without optimised programs: what `gmc check` needs.
pub fn checked(name: &str, text: &str, folder: &Path, set: &[(String, String)]) -> Unit {
    let read = |p: &str| std::fs::read_to_string(folder.join(p)).map_err(|e| e.to_string());
    check(name, text, &FileHost::new(0), &read, |spec| changes(spec, set))
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
    if u.failed() { Err(Failure::new("")) } else { Ok(()) }
}

/// Loads the data of a checked spec.
///
/// # Errors
/// The source that can't be had, with where it looked.
pub fn data(typed: &Typed) -> Result<Vec<Parts>, Failure> {
    let host = FileHost::new(typed.train.seed);
    let mut sets = Vec::new();
    for d in &typed.data {
        let types: Vec<_> = d.vars.iter().map(|v| v.ty.clone()).collect();
        let set = d
            .row
            .load(&d.args, &types, &host)
            .map_err(|issue| Failure::new(issue_text(d.row.name(), &issue)))?;
        if set.train.n == 0 {
            return Err(Failure::new(format!("error: `{}` holds no examples", d.row.name())));
        }
        sets.push(parts(set, &d.split));
    }
    Ok(sets)
}

fn issue_text(source: &str, issue: &DataIssue) -> String {
    let mut text = match issue.message.is_empty() {
        true => format!("error: `{source}` cannot be read"),
        false => format!("error: {}", issue.message),
    };
    for n in &issue.notes {
        text.push_str(&format!("\n  = {n}"));
    }
    if !issue.help.is_empty() {
        text.push_str(&format!("\n  = help: {}", issue.help));
    }
    text
}

/// Opens the device asked for.
///
/// # Errors
/// What was found instead.
pub fn device(choice: DeviceChoice) -> Result<Device, Failure> {
    exec::open(choice).map_err(|e| Failure::new(format!("error: {e}")))
}

/// Refuses, on the CPU, a training step that needs more memory than the machine has, with the largest batch that would fit.
///
/// # Errors
/// What the step needs and what there is.
pub fn fits(s: &Session) -> Result<(), Failure> {
    let Some(there) = memory::of_this_machine().filter(|_| s.device.info().kind == exec::DeviceKind::Cpu)
    else {
        return Ok(());
    };
    let needs = |batch: usize| {
        let steps = s.compiled.programs.iter().filter(|(name, _)| name.starts_with("step."));
        steps.map(|(_, g)| schedule::peak_bytes(g, batch) as u64).max().unwrap_or(0)
    };
    // No minibatch holds more than there are data.
    let batch = s.sets.iter().map(|set| set.train.n).max().unwrap_or(1).clamp(1, s.typed.train.batch);
    if needs(batch) <= there {
        return Ok(());
    }
    // Memory grows with the batch: the largest that fits, by halving.
    let (mut fits, mut beyond) = (0, batch);
    while beyond - fits > 1 {
        let middle = fits + (beyond - fits) / 2;
        if needs(middle) <= there { fits = middle } else { beyond = middle }
    }
    let gigabytes = |bytes: u64| bytes as f64 / 1e9;
    let help = match fits {
        0 => {
            format!("make the layers smaller: with batch 1 a step still needs {:.1} GB", gigabytes(needs(1)))
        }
        _ => format!(
            "train with a smaller batch, at most `--set train.batch={fits}`, or make the layers smaller"
        ),
    };
    Err(Failure::new(format!(
        "error: a training step with batch {batch} needs {:.1} GB of memory, and this machine has {:.1} GB\n  = help: {help}",
        gigabytes(needs(batch)),
        gigabytes(there)
    )))
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

/// What is wrong with loaded data under the model: values that no flow reaches (see [`open_ends`]). To be asked before training.
pub fn unreachable(s: &Session) -> Vec<Diag> {
    let mut diags = Vec::new();
    for ends in open_ends(&s.typed) {
        let columns = s.typed.data.iter().zip(&s.sets).flat_map(|(item, parts)| {
            let at = item.vars.iter().position(|v| v.name == ends.site);
            [&parts.train, &parts.test].into_iter().filter_map(move |part| part.columns.get(at?))
        });
        let (mut low, mut high, mut all) = (0usize, 0usize, 0usize);
        for column in columns {
            all += column.values.len();
            low += column.values.iter().filter(|v| f64::from(**v) <= ends.lo).count();
            high += column.values.iter().filter(|v| f64::from(**v) >= ends.hi).count();
        }
        let counts = match (low, high) {
            (0, 0) => continue,
            (low, 0) => format!("{low} of {all} values are exactly {}", ends.lo),
            (0, high) => format!("{high} of {all} values are exactly {}", ends.hi),
            (low, high) => {
                format!("of {all} values {low} are exactly {} and {high} exactly {}", ends.lo, ends.hi)
            }
        };
        diags.push(codes::e0305::at_the_ends(&ends, &counts));
    }
    diags
}
